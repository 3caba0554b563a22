import type { JsonObject } from "../kernel/json.ts";

/** A runtime version, as far as clients build settings of it. */
interface Minor {
  readonly text: string;
  readonly value: string;
  /** Value of `linuxFxVersion`; undefined where Linux does not have it. */
  readonly linux?: string;
  /** Value of the stack's setting on Windows; undefined where Windows does not have it. */
  readonly windows?: string;
}

interface Stack {
  readonly text: string;
  readonly value: string;
  readonly minors: readonly Minor[];
}

/** A few of Azure's stacks, in Azure's shape; the list itself changes all the time. */
const stacks: readonly Stack[] = [
  { text: ".NET", value: "dotnet", minors: [{ text: ".NET 8 (LTS)", value: "8", linux: "DOTNETCORE|8.0", windows: "v8.0" }] },
  {
    text: "Node",
    value: "node",
    minors: [
      { text: "Node 24 LTS", value: "24-lts", linux: "NODE|24-lts", windows: "~24" },
      { text: "Node 22 LTS", value: "22-lts", linux: "NODE|22-lts", windows: "~22" },
    ],
  },
  { text: "Python", value: "python", minors: [{ text: "Python 3.13", value: "3.13", linux: "PYTHON|3.13" }] },
];

/** The stacks of one operating system, or of both. */
export function webAppStacks(system: string | null): readonly JsonObject[] {
  return stacks.map(({ text, value, minors }) => ({
    id: null,
    name: value,
    type: "Microsoft.Web/webAppStacks",
    properties: {
      displayText: text,
      value,
      preferredOs: "linux",
      majorVersions: minors.map((minor) => ({ displayText: minor.text, value: minor.value, minorVersions: [minorVersion(minor, system?.toLowerCase())] })),
    },
  }));
}

function minorVersion({ text, value, linux, windows }: Minor, system: string | undefined): JsonObject {
  const shows = (os: string): boolean => system === undefined || system === "all" || system === os;
  return {
    displayText: text,
    value,
    stackSettings: {
      ...(linux !== undefined && shows("linux") ? { linuxRuntimeSettings: settingsOf(linux) } : {}),
      ...(windows !== undefined && shows("windows") ? { windowsRuntimeSettings: settingsOf(windows) } : {}),
    },
  };
}

function settingsOf(runtimeVersion: string): JsonObject {
  return {
    runtimeVersion,
    remoteDebuggingSupported: false,
    appInsightsSettings: { isSupported: true },
    gitHubActionSettings: { isSupported: true },
    supportedFeatures: { disableSsh: false },
  };
}
