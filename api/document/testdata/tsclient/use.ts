// Signs in and reads permissions, as a client made with openapi-typescript and openapi-fetch does.
import createClient from "openapi-fetch";
import type { components, paths } from "./ledger";

type State = components["schemas"]["State"];

export async function granted(baseUrl: string, email: string, password: string): Promise<string[]> {
  const client = createClient<paths>({ baseUrl });
  const session = await client.POST("/v1/sessions", { body: { email, password } });
  if (session.error) {
    throw new Error(`${session.error.code}: ${(session.error.errors ?? []).map((fault) => fault.field).join(", ")}`);
  }
  if (!("token" in session.data)) {
    return []; // a code is needed, too
  }
  const { data, error } = await client.GET("/v1/me/permissions", { headers: { Authorization: `Bearer ${session.data.token}` } });
  if (error) {
    throw new Error(error.code);
  }
  const wanted: State = "granted";
  return data.permissions.filter((one) => one.state === wanted).map((one) => one.permission);
}

// What does not fit the document does not compile.
export async function wrong(client: ReturnType<typeof createClient<paths>>): Promise<void> {
  // @ts-expect-error: the password is missing
  await client.POST("/v1/sessions", { body: { email: "ada@example.com" } });
  // @ts-expect-error: there is no such state
  await client.PUT("/v1/me/permissions/{permission}", { params: { path: { permission: "location" } }, body: { purpose: "navigation", state: "maybe" } });
}
