// A real OpenID Connect provider for the tests. Written to standard output once it listens: its address.
// Arguments: the address to send people back to, then the client's secret. People sign in by naming themselves in the
// query of the interaction: the test plays the person and says with which methods (amr) the provider was convinced.
import http from "node:http";
import Provider from "oidc-provider";

const [back, secret] = process.argv.slice(2);
const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "oralu", client_secret: secret, redirect_uris: [back], grant_types: ["authorization_code"] }],
    pkce: { required: () => true },
    cookies: { keys: ["only for tests"] },
    features: { devInteractions: { enabled: false } },
    claims: { openid: ["sub", "amr"] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: "aigul@example.org", email_verified: true }),
    }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (context) => {
      const grant = new provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on("request", async (request, response) => {
    const url = new URL(request.url, issuer);
    if (!url.pathname.startsWith("/interaction/")) return answer(request, response);
    const asked = url.searchParams;
    if (!asked.has("sub")) return response.end(`who are you? ${url.pathname}`);
    const result = asked.has("cancel")
      ? { error: "access_denied" }
      : { login: { accountId: asked.get("sub"), amr: asked.getAll("amr"), remember: false } };
    await provider.interactionFinished(request, response, result);
  });
  process.stdout.write(`${issuer}\n`);
});
