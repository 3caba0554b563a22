import { z } from "zod";
import { checked, matching } from "./crd-rules.ts";
import { namedIdentity } from "./references.ts";
import { text } from "./shared.ts";

const stack = (description: string) =>
  checked(
    text(512, description).min(1),
    matching("^[!-&(-~]+$", "must be <runtime>|<version> or DOCKER|<image>, without spaces or apostrophes"),
  );

/** `spec.siteConfig` of a WebApp, spelled as Azure Resource Manager does. */
export const siteConfig = checked(
  z
    .object({
      linuxFxVersion: stack("Runtime of an app on Linux, for example NODE|22-lts, DOTNETCORE|9.0 or DOCKER|<image>.").optional(),
      windowsFxVersion: stack("Container of an app on Windows, for example DOCKER|<image>.").optional(),
      netFrameworkVersion: checked(
        text(20, "Version of .NET of an app on Windows, for example v8.0.").min(1),
        matching("^v[0-9]+[.][0-9]+$", "must be v<major>.<minor>, for example v8.0"),
      ).optional(),
      alwaysOn: z.boolean().optional().describe("Whether the app stays loaded when nobody uses it. Not on free and shared plans."),
      minTlsVersion: z.enum(["1.2", "1.3"]).optional().describe("Lowest version of TLS that the app accepts."),
      ftpsState: z.enum(["AllAllowed", "FtpsOnly", "Disabled"]).optional().describe("Whether files may be uploaded by FTP."),
      healthCheckPath: checked(
        text(1024, "Path that App Service asks to learn whether an instance is healthy.").min(1),
        matching("^/[!-~]*$", "must be a path that begins with / and has no spaces"),
      ).optional(),
      http20Enabled: z.boolean().optional().describe("Whether the app is served over HTTP/2."),
      use32BitWorkerProcess: z.boolean().optional().describe("Whether the worker is a 32-bit process. Only on Windows."),
      acrUseManagedIdentityCreds: z.boolean().optional().describe("Whether images are pulled from a registry by managed identity."),
      acrPullIdentity: namedIdentity
        .optional()
        .describe("The identity that pulls images; it must be one of the app's. Absent: the system-assigned one."),
    })
    .describe("Settings of the site. What is absent is left as it is."),
  {
    rule: "!has(self.linuxFxVersion) || !has(self.windowsFxVersion)",
    message: "linuxFxVersion and windowsFxVersion must not both be set: an app runs on one operating system",
    fieldPath: ".windowsFxVersion",
    holds: (config) => config.linuxFxVersion === undefined || config.windowsFxVersion === undefined,
  },
  {
    rule: "!has(self.acrPullIdentity) || (has(self.acrUseManagedIdentityCreds) && self.acrUseManagedIdentityCreds)",
    message: "acrUseManagedIdentityCreds must be true beside acrPullIdentity",
    fieldPath: ".acrUseManagedIdentityCreds",
    holds: (config) => config.acrPullIdentity === undefined || config.acrUseManagedIdentityCreds === true,
  },
);

/** `spec.siteConfig` of a WebApp. */
export type SiteConfig = z.infer<typeof siteConfig>;
