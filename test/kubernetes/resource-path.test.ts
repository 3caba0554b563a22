import { expect, it } from "vitest";
import { pathTemplate } from "../../src/kubernetes/resource-path.ts";

it.each([
  ["/readyz", "/readyz"],
  ["/api/v1/namespaces?limit=500", "/api/v1/namespaces"],
  ["/api/v1/namespaces/kube-system", "/api/v1/namespaces/{name}"],
  ["/api/v1/namespaces/one/configmaps", "/api/v1/namespaces/{namespace}/configmaps"],
  ["/api/v1/namespaces/one/configmaps/a", "/api/v1/namespaces/{namespace}/configmaps/{name}"],
  ["/apis/kubernetes.test/v1", "/apis/kubernetes.test/v1"],
  ["/apis/kubernetes.test/v1/gadgets?watch=true", "/apis/kubernetes.test/v1/gadgets"],
  ["/apis/kubernetes.test/v1/namespaces/one/gadgets/a/status?force=true", "/apis/kubernetes.test/v1/namespaces/{namespace}/gadgets/{name}/status"],
])("%s counts as %s", (path, template) => {
  expect(pathTemplate(path)).toBe(template);
});
