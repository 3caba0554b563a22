import { nameOf } from "../kernel/arm-id.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { rowType } from "../kernel/row-type.ts";

/** Logic Apps workflows (arm.md 14): written at once, one kind of identity or the other; a map takes the place of the one before (1). */
export const workflows = rowType({
  type: "Microsoft.Logic/workflows",
  apiVersions: ["2016-06-01", "2019-05-01"],
  name: { pattern: /^[A-Za-z0-9_().-]{1,80}$/, says: "1 to 80 letters, digits, '-', '_', '.' or parentheses" },
  defaults: { state: "Enabled", parameters: {} },
  computed: ({ id, location }) => ({ accessEndpoint: `https://${location ?? ""}.logic.azure.com:443/workflows/${nameOf(id)}` }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), combined: "refused", patch: "replaces" }),
  create: { status: 201, body: "resource" },
  update: { status: 200, body: "resource" },
  patch: { status: 200, body: "resource", takes: "everything" },
  remove: { status: 200 },
});
