import { z } from "zod";
import { checked, matching } from "./crd-rules.ts";
import { namedOrSystemIdentity } from "./references.ts";
import { text, wholeNumber } from "./shared.ts";

const storage = z
  .object({
    blobContainerUri: checked(
      text(512, "URI of the blob container: https://<account>.blob.core.windows.net/<container>.").min(1),
      matching("^https://[-A-Za-z0-9.]+/[-$A-Za-z0-9]{1,63}$", "must be https://<account>.blob.<suffix>/<container>"),
    ),
    authentication: namedOrSystemIdentity.describe("The identity that reads and writes the container; it must be one of the app's."),
  })
  .describe("Where the code of the app lies.");

const runtime = z
  .object({
    name: checked(
      text(64, "Name of the runtime: dotnet-isolated, node, java, powershell, python or custom.").min(1),
      matching("^[a-z][-a-z0-9]*$", "must be the name of a runtime, for example node"),
    ),
    version: checked(
      text(32, "Version of the runtime, for example 22.").min(1),
      matching("^[0-9A-Za-z][0-9A-Za-z.]*$", "must be the version of a runtime, for example 22"),
    ),
  })
  .describe("What runs the functions.");

const scaleAndConcurrency = z
  .object({
    maximumInstanceCount: wholeNumber(40, 1000, "Most instances. Default: 100.").default(100),
    instanceMemoryMB: checked(wholeNumber(512, 4096, "Memory of an instance: 512, 2048 or 4096. Default: 2048."), {
      rule: "self in [512, 2048, 4096]",
      message: "must be 512, 2048 or 4096",
      holds: (value) => [512, 2048, 4096].includes(value),
    }).default(2048),
  })
  .default({ maximumInstanceCount: 100, instanceMemoryMB: 2048 })
  .describe("How far the app scales. Default: 100 instances of 2048 MB.");

/** `spec.functionAppConfig` of a WebApp: a function app on a Flex Consumption plan. */
export const functionAppConfig = z
  .object({ deployment: z.object({ storage }).describe("How the code is deployed."), runtime, scaleAndConcurrency })
  .describe("Configuration of a function app on a Flex Consumption plan (SKU FC1).");
