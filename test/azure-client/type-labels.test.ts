import { describe, expect, test } from "vitest";
import { resourceTypeOf } from "../../src/azure/resource-type.ts";
import { typeLabels } from "../../src/azure/type-labels.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";

const label = typeLabels(HOSTS.map(({ type }) => type));

describe("the label of a type", () => {
  test.each([
    ["token", "token"],
    ["other", "other"],
    ["microsoft.web/sites", "microsoft.web/sites"],
    ["microsoft.web/sites/slots", "microsoft.web/sites/slots"],
    ["microsoft.web/sites/config", "microsoft.web/sites/config"],
    ["microsoft.web/sites/slots/config/list", "microsoft.web/sites/slots/config/list"],
    ["microsoft.compute/virtualmachinescalesets/virtualmachines", "microsoft.compute/virtualmachinescalesets/virtualmachines"],
    ["microsoft.compute/locations/operations", "microsoft.compute/locations/operations"],
    ["microsoft.web/locations/operationresults", "microsoft.web/locations/operationresults"],
    ["microsoft.authorization/roleassignments", "microsoft.authorization/roleassignments"],
    ["microsoft.web/sites/secrets", "microsoft.web/other"],
    ["microsoft.web/locations", "microsoft.web/other"],
    ["microsoft.web/config/config/config/config", "microsoft.web/other"],
    ["microsoft.attack1/things", "other"],
    ["microsoft.attack1/locations/operations", "other"],
    ["microsoft.web.attack/sites", "other"],
  ])("%s: %s", (type, want) => {
    expect(label(type)).toBe(want);
  });

  test("is one of few, however many types a spec makes up", () => {
    const words = ["config", "list", "operations", "locations", "sites", "x", "y1"];
    const made = Array.from({ length: 5000 }, (_, index) => {
      const at = (power: number) => words[Math.floor(index / words.length ** power) % words.length] ?? "";
      const pairs = Array.from({ length: (index % 7) + 1 }, (_each, power) => `${at(power)}${index % 3 === 0 ? index : ""}/n`);
      return label(resourceTypeOf(`https://arm.test/subscriptions/s/resourceGroups/g/providers/Microsoft.${index % 2 === 0 ? "Web" : `A${index}`}/${pairs.join("/")}`));
    });
    expect(new Set(made).size).toBeLessThan(40);
  });
});
