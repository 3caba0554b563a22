import { z } from "zod";
import { checked, exactlyOneOf, matching } from "./crd-rules.ts";
import { configMapKeyRef, secretKeyRef } from "./references.ts";
import { text, wholeNumber } from "./shared.ts";

const DNS_LABEL_PATTERN = "^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$";

/** A DNS label: what names containers, volumes and host names. */
export function dnsLabel(description: string) {
  const message = "must be a DNS label: lower-case letters, digits and hyphens, neither beginning nor ending with a hyphen";
  return checked(text(63, description).min(1), matching(DNS_LABEL_PATTERN, message));
}

/** A port of a container or of the group. */
export const port = z.object({
  port: wholeNumber(1, 65_535, "Number of the port."),
  protocol: z.enum(["TCP", "UDP"]).default("TCP").describe("Protocol of the port. Default: TCP."),
});

/** A decimal number. The API server compares a whole number with the whole part of `minimum` only: a rule says it, too. */
function decimal(minimum: number, maximum: number, description: string) {
  return checked(z.number().min(minimum).max(maximum).describe(description), {
    rule: `self >= ${minimum}`,
    message: `must be at least ${minimum}`,
    holds: (value) => value >= minimum,
  });
}

const cpu = (description: string) => decimal(0.01, 128, description);
const memoryInGB = (description: string) => decimal(0.1, 1024, description);

const resources = z
  .object({
    requests: z
      .object({
        cpu: cpu("Cores. Default: 1.").default(1),
        memoryInGB: memoryInGB("Memory in GB. Default: 1.5.").default(1.5),
      })
      .default({ cpu: 1, memoryInGB: 1.5 })
      .describe("What the container is given. Default: 1 core and 1.5 GB, as az container create chooses."),
    limits: z
      .object({ cpu: cpu("Cores.").optional(), memoryInGB: memoryInGB("Memory in GB.").optional() })
      .optional()
      .describe("The most that the container may use of what others of the group leave."),
  })
  .default({ requests: { cpu: 1, memoryInGB: 1.5 } })
  .describe("Cores and memory. Changing them re-creates the group (allowDisruption Recreate).");

const environmentVariable = checked(
  z.object({
    name: checked(
      text(256, "Name of the variable.").min(1),
      matching("^[-._A-Za-z0-9]+$", "must be letters, digits, and any of - . _"),
    ),
    value: text(4096, "The value, in plain text.").optional(),
    valueFrom: z
      .object({ configMapKeyRef })
      .optional()
      .describe("The value of a key of a ConfigMap; Azure shows it to whoever may read the group."),
    secureValueFrom: z
      .object({ secretKeyRef })
      .optional()
      .describe("The value of a key of a Secret; Azure never shows it."),
  }),
  exactlyOneOf("value", "valueFrom", "secureValueFrom"),
);

const volumeMount = z.object({
  name: dnsLabel("Name of a volume of the group."),
  mountPath: checked(
    text(512, "Path in the container.").min(1),
    matching("^[^:]+$", "must not contain a colon"),
  ),
  readOnly: z.boolean().optional().describe("Whether the container may only read."),
});

const command = (description: string) => z.array(text(2048, "A word of the command.")).max(64).describe(description);

const probe = checked(
  z.object({
    exec: z.object({ command: command("The command and its arguments.").min(1) }).optional().describe("A command that must end with 0."),
    httpGet: z
      .object({
        path: text(1024, "Path that is asked for.").min(1).optional(),
        port: wholeNumber(1, 65_535, "Port that is asked."),
        scheme: z.enum(["HTTP", "HTTPS"]).default("HTTP").describe("Scheme of the request. Default: HTTP."),
      })
      .optional()
      .describe("A request that must be answered with 200 to 399."),
    initialDelaySeconds: wholeNumber(0, 86_400, "Seconds until the first probe.").optional(),
    periodSeconds: wholeNumber(1, 86_400, "Seconds between two probes.").optional(),
    failureThreshold: wholeNumber(1, 1000, "Failures in a row after which the container counts as failed.").optional(),
    successThreshold: wholeNumber(1, 1000, "Successes in a row after which the container counts as well.").optional(),
    timeoutSeconds: wholeNumber(1, 86_400, "Seconds after which a probe counts as failed.").optional(),
  }),
  exactlyOneOf("exec", "httpGet"),
);

/** One entry of `spec.containers` of a ContainerGroup. */
export const container = z.object({
  name: dnsLabel("Name of the container."),
  image: checked(
    text(512, "Image, with its registry and tag.").min(1),
    matching("^[!-~]+$", "must be the name of an image, without spaces"),
  ),
  command: command("Command and arguments in place of the image's.").optional(),
  ports: z.array(port).max(64).optional().describe("Ports that the container listens on."),
  resources,
  environmentVariables: z
    .array(environmentVariable)
    .max(64)
    .optional()
    .describe("Environment variables.")
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
  volumeMounts: z
    .array(volumeMount)
    .max(16)
    .optional()
    .describe("Volumes that the container sees.")
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["mountPath"] }),
  livenessProbe: probe.optional().describe("When it fails, the container is restarted."),
  readinessProbe: probe.optional().describe("While it fails, the container gets no requests."),
});

/** One entry of `spec.containers`. */
export type Container = z.infer<typeof container>;

/** One entry of `environmentVariables`: exactly one source is set. */
export type EnvironmentVariable = z.infer<typeof environmentVariable>;

/** A probe: exactly one of `exec` and `httpGet` is set. */
export type Probe = z.infer<typeof probe>;
