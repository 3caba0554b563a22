import { describe } from "vitest";
import { Access, questionOf } from "../contract/access.ts";
import { accessContract } from "./access-port.ts";

describe("the permissions of the contract suite", () => {
  accessContract(async () => {
    const port = new Access();
    return {
      port,
      grant: async (namespace, permission) => void port.granted.add(questionOf(namespace, permission)),
      revoke: async (namespace, permission) => void port.granted.delete(questionOf(namespace, permission)),
    };
  });
});
