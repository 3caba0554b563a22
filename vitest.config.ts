import { defineConfig } from "vitest/config";

// Three projects: "fast" and "worlds" need nothing but Node, and "worlds" takes its time; "cluster" (*.cluster.test.ts) runs
// against a real control plane that the global set-up starts once for the whole run.
const WORLDS = ["test/world/**/*.test.ts", "test/contract/**/*.test.ts", "test/catalogue/**/*.test.ts"];

const AZ = "test/az/**/*.az.test.ts";

const TERRAFORM = "test/terraform/**/*.terraform.test.ts";

// The SDK of Terraform's azurerm provider is 770 MB of Go, so `npm test` leaves this project out, too.
const terraform = {
  test: {
    name: "terraform",
    include: [TERRAFORM],
    // It polls every ten seconds where nothing says how often.
    testTimeout: 180_000,
    hookTimeout: 600_000,
  },
};

// The real az CLI is 730 MB, so `npm test` leaves this project out, and `npm run test:az` installs what it needs; it needs no
// control plane but where the operator takes part.
const az = {
  test: {
    name: "az",
    include: [AZ],
    // One az command takes a second of a core, and there are many in a test.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.cluster.test.ts", AZ, TERRAFORM, ...WORLDS],
          // Files of a worker share what they import: loading it anew for each took more time than the tests. So no file may
          // change what is global and leave it so.
          isolate: false,
          testTimeout: 15_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "worlds",
          include: WORLDS,
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/**/*.cluster.test.ts"],
          globalSetup: ["test/control-plane/vitest-setup.ts", "test/e2e/vitest-setup.ts"],
          // Each file with an operator has a control plane of its own, of half a gigabyte. Two at a time: one waits often.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      az,
      terraform,
    ],
  },
});
