import type { HostRow } from "../host-row.ts";
import { ANALYSIS } from "./analysis.ts";
import { COMPUTE } from "./compute.ts";
import { CONTAINER_APPS } from "./container-apps.ts";
import { CONTAINER_INSTANCES } from "./container-instances.ts";
import { DATABASES } from "./databases.ts";
import { FABRIC } from "./fabric.ts";
import { INTEGRATION } from "./integration.ts";
import { KUBERNETES } from "./kubernetes.ts";
import { MESSAGING } from "./messaging.ts";
import { SPRING } from "./spring.ts";
import { STORAGE } from "./storage.ts";
import { WEB } from "./web.ts";

/** The host catalogue: one row of data for each host type (arm.md 1, 14), in the order in which the reference lists them. */
export const HOSTS: readonly HostRow[] = [
  ...WEB,
  ...CONTAINER_INSTANCES,
  ...CONTAINER_APPS,
  ...KUBERNETES,
  ...COMPUTE,
  ...FABRIC,
  ...SPRING,
  ...DATABASES,
  ...STORAGE,
  ...MESSAGING,
  ...INTEGRATION,
  ...ANALYSIS,
];
