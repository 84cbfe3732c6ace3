/* The table of ward.yaml. Order here is the order of the reference. */
#include "app/manifest/manifest_schema.h"

#include <stddef.h>

#define KIB 1024ull
#define MIB (1024 * KIB)
#define MS 1000ull
#define S (1000 * MS)
#define DAY (86400 * S)
#define BUDGET_MOST (1ull << 47)
#define GROUP(name, struct_type, what_text, title_text)                                                      \
	static const struct key_group name = {what_text, title_text, name##_keys,                            \
	    sizeof name##_keys / sizeof *name##_keys, sizeof(struct_type)}

static const struct key secret_use_keys[] = {
    {"name", read_secret_name, offsetof(struct manifest_egress, secret), .form = "NAME", .required = true,
	.about = "The secret, as `ward secret set NAME` stores it."},
    {"header", read_header, offsetof(struct manifest_egress, secret_header), .form = "\"Header: text {}\"",
	.required = true,
	.about = "The request header that carries it; `{}` is replaced by its value. Ward adds it after the "
		 "function has "
		 "made its request: the function never sees it."},
};
GROUP(secret_use, struct manifest_egress, "a secret of an outbound host", "functions.NAME.egress[].secret");

/* What every kind of outbound host has. */
#define EGRESS_KEYS \
    {"host", read_host, offsetof(struct manifest_egress, host), .form = "api.example.com", .required = true, \
	.about = "One host, by its exact name or address. There are no wildcards."}, \
    {"port", read_port, offsetof(struct manifest_egress, port), .form = "443", .min = 1, .max = 65535, \
	.about = "Left out: 443, or 80 with `tls: false`."}, \
    {"tls", read_flag, offsetof(struct manifest_egress, tls), .form = "true", .standard = "true", \
	.about = "`false` speaks plain HTTP and is allowed for private hosts only."}, \
    {"private", read_flag, offsetof(struct manifest_egress, private_ok), .form = "true", .standard = "false", \
	.about = "The host may lie in a private or loopback range. Without it such an address is refused at " \
		 "the moment of " \
		 "connecting, whatever name led there."}, \
    {"methods", read_methods, offsetof(struct manifest_egress, methods), .form = "[GET, POST]", \
	.standard = "GET, POST, PUT, PATCH, DELETE", .about = "The methods it may use."}, \
    {"paths", read_paths, offsetof(struct manifest_egress, paths), .form = "[/v1/charges]", \
	.about = "Path prefixes, each ending at a segment. Left out: every path."}, \
    {"secret", read_secret_use, 0, .group = &secret_use, .form = "{name, header}", \
	.about = "A secret that ward adds to each request for this host."}, \
    {"timeout", read_duration, offsetof(struct manifest_egress, timeout_us), .form = "5s", .standard = "10s", \
	.min = 10 * MS, .max = 120 * S, .about = "For one request, from resolving to the last byte."}, \
    {"response_bytes", read_size, offsetof(struct manifest_egress, response_bytes), .form = "1MiB", \
	.standard = "1MiB", .min = 1, .max = 64 * MIB, .about = "The longest answer that is taken."}, \
    {"why", read_text, offsetof(struct manifest_egress, why), .form = "text", .max = 400, \
	.about = "Why this host, for the reviewer; shown by `ward explain`."}

static const struct key egress_keys[] = {EGRESS_KEYS};
const struct key_group egress_group = {"an outbound host", "functions.NAME.egress[]", egress_keys,
    sizeof egress_keys / sizeof *egress_keys, sizeof(struct manifest_egress)};

static const struct key webhook_keys[] = {EGRESS_KEYS,
    {"sign", read_secret_name, offsetof(struct manifest_egress, sign), .form = "HOOK_SECRET",
	.about = "The secret that signs what is posted, with its time and number, as Standard Webhooks says (`webhook-id`, "
		 "`webhook-timestamp`, `webhook-signature`). Left out: nothing is signed."}};
const struct key_group webhook_group = {"a webhook", "watch.webhooks[]", webhook_keys,
    sizeof webhook_keys / sizeof *webhook_keys, sizeof(struct manifest_egress)};

static const struct key limits_keys[] = {
    {"cpu", read_duration, offsetof(struct manifest_limits, cpu_us), .form = "20ms", .standard = "50ms",
	.min = 1 * MS, .max = 60 * S, .about = "Processor time of one call, all of its slices together."},
    {"wall", read_duration, offsetof(struct manifest_limits, wall_us), .form = "5s", .standard = "10s",
	.min = 10 * MS, .max = 300 * S, .about = "Time of one call from start to answer, waiting included."},
    {"memory", read_size, offsetof(struct manifest_limits, memory_bytes), .form = "32MiB",
	.standard = "32MiB", .min = 4 * MIB, .max = 1024 * MIB,
	.about = "Memory of one instance, the JavaScript engine (about 2 MiB) included."},
    {"body", read_size, offsetof(struct manifest_limits, body_bytes), .form = "64KiB", .standard = "1MiB",
	.min = 0, .max = 64 * MIB,
	.about =
	    "The longest request body. Where the input type itself gives a smaller bound, that one holds."},
    {"rate", read_rate, offsetof(struct manifest_limits, rate), .form = "10/min/user",
	.about =
	    "Calls per `s`, `min`, `h` or `d`, counted for each `user`, each `ip` (of IPv6 its /64), or the `app` as a whole, "
	    "on all cores together; more get 429 with Retry-After. Callers who are not signed in count by address."},
    {"concurrency", read_count, offsetof(struct manifest_limits, concurrency), .form = "16",
	.standard = "128", .min = 1, .max = 1024,
	.about = "Calls at the same time; more get 503 with Retry-After."},
};
GROUP(limits, struct manifest_limits, "limits", "functions.NAME.limits");

static const struct key budget_keys[] = {
    {"calls", read_count, offsetof(struct manifest_budget, calls), .form = "100000", .min = 1, .max = BUDGET_MOST,
	.about = "Calls that ran, whatever came of them."},
    {"cpu", read_duration, offsetof(struct manifest_budget, cpu_us), .form = "30min", .min = 1 * S, .max = 3650 * DAY,
	.about = "Processor time of functions. A call begins only when all that `limits.cpu` lets it use is still there."},
    {"response_bytes", read_size, offsetof(struct manifest_budget, response_bytes), .form = "10GiB", .min = 1, .max = BUDGET_MOST,
	.about = "Bytes of answers to callers. The answers of calls that are under way when it is used up still go out."},
    {"fetches", read_count, offsetof(struct manifest_budget, fetches), .form = "5000", .min = 1, .max = BUDGET_MOST,
	.about = "Requests to other hosts. Calls that are under way when it is used up go on to their end."},
};
GROUP(budget, struct manifest_budget, "a budget", "budget, functions.NAME.budget");

static const struct key access_keys[] = {
    {"user", read_flag, offsetof(struct access_text, user), .form = "user",
	.about = "Anyone who is signed in."},
    {"role", read_role, offsetof(struct access_text, role), .form = "NAME",
	.about = "Users who have this role."},
    {"scope", read_role, offsetof(struct access_text, scope), .form = "NAME",
	.about = "API keys that have this scope."},
    {"fresh", read_duration, offsetof(struct access_text, fresh_us), .form = "5min", .min = 1 * S,
	.max = 86400 * S, .about = "Signed in no longer ago than this."},
    {"mfa", read_flag, offsetof(struct access_text, mfa), .form = "true", .standard = "false",
	.about = "Signed in with a second factor."},
    {"tenant", read_flag, offsetof(struct access_text, tenant), .form = "true", .standard = "false",
	.about = "Acting for a tenant: `:auth_tenant` is then bound in queries."},
};
const struct key_group access_group = {"auth", "functions.NAME.auth", access_keys,
    sizeof access_keys / sizeof *access_keys, sizeof(struct access_text)};

static const struct key function_keys[] = {
    {"source", read_source, offsetof(struct manifest_function, source), .form = "functions/pay.ts",
	.required = true, .about = "The TypeScript file, relative to ward.yaml."},
    {"export", read_identifier, offsetof(struct manifest_function, export_name), .form = "pay",
	.about = "The exported function in it. Left out: the function's name."},
    {"why", read_text, offsetof(struct manifest_function, why), .form = "text", .max = 400,
	.about = "What it is for, in a sentence; shown by `ward explain`."},
    {"http", read_route, offsetof(struct manifest_function, http), .form = "POST /orders/{order}/pay",
	.about = "Method and path. What stands in braces is a member of the function's input. Left out: it "
		 "cannot be called "
		 "over HTTP."},
    {"auth", read_access, offsetof(struct manifest_function, auth), .group = &access_group,
	.form = "public, user, role:NAME, scope:NAME or a map", .required = true,
	.about = "Who may call it. There is no default: nothing is public by accident."},
    {"queries", read_queries, offsetof(struct manifest_function, queries),
	.form = "[GetOrder, InsertPayment]",
	.about = "The named queries it may run, and with them the tables and columns it may touch."},
    {"egress", read_egress, offsetof(struct manifest_function, egress), .group = &egress_group, .form = "a list",
	.about = "The hosts it may send requests to. Left out: none."},
    {"secrets", read_secrets, offsetof(struct manifest_function, secrets), .form = "[SIGNING_KEY]",
	.about =
	    "Secrets that the function holds itself. Prefer `egress.secret`, which never lets it see one."},
    {"publish", read_topics, offsetof(struct manifest_function, publish), .form = "[order.paid]",
	.about = "Topics that it may publish events to."},
    {"limits", read_limits, offsetof(struct manifest_function, limits), .group = &limits, .form = "a map",
	.standard = "", .about = "What one call may use."},
    {"budget", read_budget, offsetof(struct manifest_function, budget), .group = &budget, .form = "a map",
	.about = "What all of its calls may use in a day (UTC), on all cores together; then 503 with Retry-After until midnight, unless an "
		 "operator renews it (`ward act renew`). Left out: no bound."},
    {"quiet", read_duration, offsetof(struct manifest_function, quiet_us), .form = "10min", .min = 1 * S,
	.max = 31 * 86400 * S,
	.about = "The longest pause between two calls that is ordinary, for what should run again and again: a longer one is an "
		 "incident. Left out: what is usual at each hour is learned."},
};
const struct key_group function_group = {"a function", "functions.NAME", function_keys,
    sizeof function_keys / sizeof *function_keys, sizeof(struct manifest_function)};

static const struct key page_keys[] = {
    {"connect", read_origins, offsetof(struct manifest_page, connect), .form = "[https://api.example.com]",
	.about = "Where pages may send requests, beside their own origin."},
    {"images", read_origins, offsetof(struct manifest_page, images),
	.form = "[https://images.example.com, \"data:\"]", .about = "Where images may come from."},
    {"styles", read_origins, offsetof(struct manifest_page, styles), .form = "[https://fonts.example.com]",
	.about = "Where style sheets may come from."},
    {"fonts", read_origins, offsetof(struct manifest_page, fonts), .form = "[https://fonts.example.com]",
	.about = "Where fonts may come from."},
    {"frames", read_origins, offsetof(struct manifest_page, frames), .form = "[https://pay.example.com]",
	.about = "What pages may show in frames."},
    {"media", read_origins, offsetof(struct manifest_page, media), .form = "[https://media.example.com]",
	.about = "Where sound and film may come from."},
    {"inline_styles", read_flag, offsetof(struct manifest_page, inline_styles), .form = "true",
	.standard = "false",
	.about = "Style attributes and elements in the page. Scripts in the page are never allowed."},
    {"wasm", read_flag, offsetof(struct manifest_page, wasm), .form = "true", .standard = "false",
	.about = "Pages may compile WebAssembly."},
};
GROUP(page, struct manifest_page, "page", "page");

static const struct key url_keys[] = {
    {"secret", read_secret_name, 0, .form = "NAME", .required = true,
	.about = "The secret that holds the URL, as in `postgres://user:password@host/name`."},
};
GROUP(url, struct slice, "the database's url", "database.url");

static const struct key database_keys[] = {
    {"kind", read_database_kind, offsetof(struct manifest_database, kind), .form = "sqlite or postgres",
	.required = true, .about = "SQLite is a file of the app's own; PostgreSQL is a server that exists."},
    {"url", read_url, offsetof(struct manifest_database, url_secret), .group = &url, .form = "{secret: NAME}",
	.about = "Where the PostgreSQL server is."},
    {"unverified", read_flag, offsetof(struct manifest_database, unverified), .form = "true",
	.standard = "false",
	.about = "The URL may ask for less than a verified certificate (`sslmode`) of a server on another machine."},
};
const struct key_group database_group = {"database", "database", database_keys,
    sizeof database_keys / sizeof *database_keys, sizeof(struct manifest_database)};

static const struct key issuer_keys[] = {
    {"name", read_name, offsetof(struct manifest_issuer, name), .form = "example", .required = true, .max = 32,
	.about = "What the button on the sign-in page says."},
    {"issuer", read_issuer_url, offsetof(struct manifest_issuer, issuer), .form = "https://accounts.example.com", .required = true,
	.about = "The provider's issuer, exactly as it calls itself; its endpoints and keys are found by discovery. Requests go to it and to "
		 "the hosts that it names there, over https, to public addresses. The redirect address to register is "
		 "`ORIGIN/_ward/account/callback`."},
    {"client_id", read_text, offsetof(struct manifest_issuer, client_id), .form = "shop", .required = true, .max = 400,
	.about = "What the provider calls this app."},
    {"secret", read_secret_name, offsetof(struct manifest_issuer, secret), .form = "EXAMPLE_SECRET",
	.about = "The secret that holds the client's secret. Left out: a public client."},
    {"private", read_flag, offsetof(struct manifest_issuer, private_ok), .form = "true", .standard = "false",
	.about = "The issuer may lie in a private or loopback range, on loopback also with `http:`. Its endpoints must then all be at the very host "
		 "and port of the issuer."},
};
GROUP(issuer, struct manifest_issuer, "an issuer", "identity.issuers[]");

static const struct key identity_keys[] = {
    {"sign_up", read_sign_up, offsetof(struct manifest_identity, sign_up_closed), .form = "open or closed", .standard = "open",
	.about = "Whether people make their own accounts. Closed: `ward user add` does."},
    {"verify", read_flag, offsetof(struct manifest_identity, verify), .form = "true", .standard = "false",
	.about = "An e-mail address is proved before there is an account, and sign-up tells nobody which addresses have one. Needs `mail`."},
    {"proof", read_proof, offsetof(struct manifest_identity, proof), .form = "attacked or always", .standard = "attacked",
	.about = "When sign-in, sign-up and asking for a mail take a small proof of work: while an attack with many accounts is under way, or always."},
    {"issuers", read_issuers, offsetof(struct manifest_identity, issuers), .group = &issuer, .form = "a list",
	.about = "Providers that people may sign in with (OpenID Connect)."},
};
GROUP(identity, struct manifest_identity, "identity", "identity");

static const struct key mail_keys[] = {
    {"smtp", read_smtp, offsetof(struct manifest_mail, host), .form = "smtps://mail.example.com", .required = true,
	.about = "The mail server: `smtps:` is TLS from the start (port 465), `smtp:` TLS by STARTTLS (port 587). Without TLS nothing is sent, but on "
		 "loopback."},
    {"from", read_sender, offsetof(struct manifest_mail, from), .form = "Shop <shop@example.org>", .required = true,
	.about = "The sender of mails."},
    {"user", read_text, offsetof(struct manifest_mail, user), .form = "shop", .max = 200, .about = "Who ward is to the mail server."},
    {"secret", read_secret_name, offsetof(struct manifest_mail, secret), .form = "SMTP_PASSWORD",
	.about = "The secret that holds the password."},
    {"private", read_flag, offsetof(struct manifest_mail, private_ok), .form = "true", .standard = "false",
	.about = "The server may lie in a private or loopback range."},
};
GROUP(mail, struct manifest_mail, "mail", "mail");

static const struct key manifest_keys[] = {
    {"app", read_name, offsetof(struct manifest, app), .form = "shop", .required = true, .max = 64,
	.about = "The app's name: lower-case letters, digits, `-` and `_`."},
    {"database", read_database, offsetof(struct manifest, database), .group = &database_group,
	.form = "sqlite, or a map", .about = "Where the data are. Left out: the app has none."},
    {"page", read_page, offsetof(struct manifest, page), .group = &page, .form = "a map",
	.about = "What pages from `public/` may load from elsewhere (Content-Security-Policy). Left out: "
		 "nothing."},
    {"identity", read_identity, offsetof(struct manifest, identity), .group = &identity, .form = "a map", .standard = "",
	.about = "How people sign in. Left out: by password, passkey and wallet, with sign-up open."},
    {"mail", read_mail, offsetof(struct manifest, mail), .group = &mail, .form = "a map",
	.about = "Who carries mails to users: links to sign in, resets, what changed. Left out: none are sent; `ward dev` shows them."},
    {"trusted_proxies", read_proxies, offsetof(struct manifest, trusted_proxies), .form = "[10.0.0.0/8, \"fd00::/8\"]",
	.about = "Addresses of proxies in front of ward: from them alone, the caller's address is read from `proxy_header`, "
		 "right to left. `--trust-proxy` adds more. Left out: none, and the header is not looked at."},
    {"proxy_header", read_proxy_header, offsetof(struct manifest, proxy_header), .form = "X-Forwarded-For or Forwarded",
	.standard = "X-Forwarded-For",
	.about = "The header that these proxies write. The other one is what a client sent."},
    {"countries", read_country_lists, offsetof(struct manifest, countries), .group = &countries_group, .form = "{deny: [KP]}",
	.about = "Where callers may come from, by the database that `ward serve --countries FILE` is given. Others get 403. Callers of private and "
		 "loopback addresses are in no country, and pass. Left out: from everywhere."},
    {"watch", read_watch, offsetof(struct manifest, watch), .group = &watch_group, .form = "a map", .standard = "",
	.about = "How the app is watched, and what is done about what is seen."},
    {"budget", read_budget, offsetof(struct manifest, budget), .group = &budget, .form = "a map",
	.about = "What all functions together may use in a day (UTC). It holds beside the budgets of functions. Left out: no bound."},
    {"functions", read_functions, 0, .group = &function_group, .form = "a map of name to function",
	.required = true, .about = "The functions by name. A name is a JavaScript identifier."},
};
const struct key_group manifest_group = {"ward.yaml", "The file", manifest_keys,
    sizeof manifest_keys / sizeof *manifest_keys, sizeof(struct manifest)};

const struct key_group *const manifest_groups[] = {&manifest_group, &database_group, &url, &page,
    &identity, &issuer, &mail, &function_group, &access_group, &limits, &budget, &countries_group, &egress_group, &secret_use, &watch_group,
    &watch_rules_group, &webhook_group, NULL};
