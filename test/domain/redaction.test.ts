import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { isSecretName, REDACTED, secretsIn } from "../../src/domain/environmentSecrets.ts"
import { knowing, Redact, redactOutput, redactor, redactShapes } from "../../src/domain/Redaction.ts"

// Assembled here, so that no scanner takes this file for a leak.
const join = (...parts: ReadonlyArray<string>) => parts.join("")
const PEM = join("-----BEGIN RSA PRIVATE", " KEY-----\nMIIEow\nIBAAKCAQEA7\n-----END RSA PRIVATE", " KEY-----")

/** Texts with the form of a secret, each with the part that must be removed. */
const SHAPED: ReadonlyArray<readonly [text: string, secret: string]> = [
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

/** Ordinary texts of a log. They must stay as they are. */
const ORDINARY = [
  "bd-a1b2.3",
  "agent-skills-9f8e7d",
  "nightly-dispatch/bd-1/20261122T060000Z-4f2a91",
  "agents/sk-12-fix-login-page-for-all-users",
  "task-1234567890-abcdefghijkl",
  "bc5850d3f1e2a4b5c6d7e8f90a1b2c3d4e5f6071",
  "d41d8cd98f00b204e9800998ecf8427e",
  "3f0c2b1a-8f7e-4c1d-9b2a-112233445566",
  "/tmp/agents/bd-1/prime-radiant-ai/src/auth/token.ts:12:5",
  "/home/someone/.ssh/id_ed25519",
  "ssh://git@github.com:22/stars-end/affordabot.git",
  "git@github.com:stars-end/affordabot.git",
  "https://github.com/steveyegge/beads/issues/42?q=a:b@c",
  "nightly@vm-1/20261122T060000Z-4f2a91#2",
  "zhipuai-coding-plan/glm-5.1",
  "auth resolution: OK (CC_GLM_AUTH_TOKEN)",
  "the bearer authentication failed, see the token documentation",
  "CC_GLM_TOKEN_FILE=/home/someone/.zai/token ZAI_API_KEY=op://dev/zai/token",
  '❌ DISPATCH_FAILURE beads=bd-2 provider=none code=claim_failed error="already claimed by Recovery Agent" duration_ms=310',
  "sha512-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cQ==",
  "opencode 1.2.3 (linux-x64)",
  "payload eyJhbGciOiJIUzI1NiJ9 and eyJhIjoxfQeyJiIjoyfQ.json"
]

describe("a text with the form of a secret", () => {
  for (const [text, secret] of SHAPED) {
    it(`is redacted: ${text.slice(0, 24).replace(/\s/g, " ")}…`, () => {
      for (const around of [text, `before ${text} after`, `(${text})`, `"${text}"`, `x=${text}, y`]) {
        const redacted = redactShapes(around)
        assert.notInclude(redacted, secret, around)
        assert.include(redacted, REDACTED)
      }
      assert.match(redactShapes(`begin ${text} `), /^begin /)
    })
  }

  it("keeps the host of an address and the scheme of an authorization", () => {
    assert.strictEqual(
      redactShapes(`post to ${SHAPED[0]?.[0]}: 403`),
      `post to https://hooks.slack.com/${REDACTED}: 403`
    )
    assert.strictEqual(redactShapes("Bearer a1b2c3d4e5, no"), `Bearer ${REDACTED}, no`)
    assert.strictEqual(redactShapes("https://u:pw@h.test/x"), `https://${REDACTED}@h.test/x`)
  })

  it("leaves ids, branch names, paths, hashes and our own log lines as they are", () => {
    for (const text of ORDINARY) assert.strictEqual(redactShapes(text), text)
    assert.strictEqual(redactShapes(ORDINARY.join("\n")), ORDINARY.join("\n"))
  })

  it("leaves any id, hash, path and branch as it is", () => {
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
    const word = fc.stringMatching(/^[a-z]{1,12}$/)
    const text = fc.oneof(
      hex(7),
      hex(40),
      hex(64),
      fc.uuid(),
      fc.stringMatching(/^[a-z]{1,8}-[a-z0-9]{1,8}(\.[0-9]{1,3}){0,2}$/),
      fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => `/${words.join("/")}.ts:12`),
      fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => `agents/${words.join("-")}`)
    )
    fc.assert(
      fc.property(text, (text) => {
        assert.strictEqual(redactShapes(`at ${text} now`), `at ${text} now`)
      }),
      { numRuns: 1000 }
    )
  })
})

describe("the secrets of an environment", () => {
  it("are the long values of variables whose names contain words such as KEY or TOKEN", () => {
    const secret = {
      ZAI_API_KEY: "0f1e2d3c4b5a",
      CC_GLM_AUTH_TOKEN: "glm-0f1e2d3c",
      SLACK_WEBHOOK: "https://hooks.test/x",
      db_password: "correct-horse",
      OP_SERVICE_ACCOUNT_TOKEN: "ops-12345678",
      AWS_SECRET_ACCESS_KEY: "/wJalrXUtnFEMI/K7MDENG+bPxRfiCY",
      GOOGLE_CREDENTIALS: '{"a": "b c d"}',
      NPM_CONFIG__AUTH: "dXNlcjpwYXNz",
      APIKEYS: "abcdefgh,ijk"
    }
    const ordinary = {
      PATH: "/usr/bin:/bin",
      HOME: "/home/someone",
      GIT_AUTHOR_NAME: "Alice Example",
      GIT_AUTHOR_EMAIL: "alice@example.test",
      SSH_AUTH_SOCK: "/run/user/1000/ssh-agent",
      CC_GLM_TOKEN_FILE: "/custom/place/token",
      ZAI_API_KEY_REF: "op://dev/zai/token",
      SSH_KEY: "~/.ssh/id_ed25519",
      SECRET_BACKEND: "onepassword",
      DX_AUTH_SECRET_CACHE_TTL_SECONDS: "86400",
      KEY_ROTATED: "2026-11-22",
      TOKEN: "short",
      MONKEY_BUSINESS: "is not what it seems",
      EMPTY_TOKEN: undefined
    }
    assert.deepStrictEqual(secretsIn({ ...secret, ...ordinary }), Object.values(secret))
    assert.isFalse(isSecretName("XKB_DEFAULT_LAYOUT"))
  })

  it("are redacted in every form: in JSON, in an address, on one line, line by line, cut short", () => {
    const secret = 'p"q\\r s/t&u'
    const redact = redactor([
      secret,
      PEM.replaceAll(/-----.*-----/g, "keykeykey12345678"),
      "https://ping.test/u/0123456789abcdef"
    ])
    for (const text of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      assert.strictEqual(redact(`a ${text} b`), `a ${REDACTED} b`)
    }
    assert.strictEqual(redact("a keykeykey12345678 MIIEow IBAAKCAQEA7 keykeykey12345678 b"), `a ${REDACTED} b`)
    assert.strictEqual(redact("line keykeykey12345678\nnext"), `line ${REDACTED}\nnext`)
    assert.strictEqual(redact("GET /u/0123456789abcdef 404"), `GET ${REDACTED} 404`)
    assert.strictEqual(redact('error p"q\\r s/…'), `error ${REDACTED}…`)
    assert.strictEqual(redact('error p"q\\r s/'), `error ${REDACTED}`)
    assert.strictEqual(redact('error p"q\\r s/x'), 'error p"q\\r s/x')
  })

  it("that overlap or touch are both redacted whole", () => {
    assert.strictEqual(redactor(["abcdefgh12", "gh12ijklmn"])("-abcdefgh12ijklmn-"), `-${REDACTED}-`)
    assert.strictEqual(redactor(["abcdefgh", "ijklmnop"])("abcdefghijklmnop"), REDACTED)
    assert.strictEqual(redactor(["aaaaaaaab"])("aaaaaaaaaab"), `aa${REDACTED}`)
    assert.strictEqual(redactor(["abcdefgh"])("abcdefgh abcdefgh"), `${REDACTED} ${REDACTED}`)
  })
})

const secretText = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9+/=_.-]{8,60}$/),
  fc.stringMatching(/^[!-Z^-~][ -Z^-~]{7,40}[!-Z^-~]$/),
  fc.fullUnicodeString({ minLength: 9, maxLength: 30 }).filter((text) => text.trim() === text && !/[[\]…]/.test(text))
)
const planted = secretText.filter((text) => secretsIn({ MY_TOKEN: text }).length === 1)

describe("for any text", () => {
  it("a planted secret is always redacted", () => {
    fc.assert(
      fc.property(
        fc.array(planted, { minLength: 1, maxLength: 3 }),
        fc.array(
          fc.oneof(
            fc.string(),
            fc.fullUnicodeString(),
            fc.constantFrom('"', "\\", "…", "=", "[redacted]", "eyJ", "Bearer ", "sk-", "://")
          )
        ),
        (secrets, around) => {
          const redact = redactor(secrets)
          const text = around.join("") + secrets.flatMap((secret, index) => [secret, around[index] ?? ""]).join("")
          const redacted = redact(text)
          for (const secret of secrets) assert.isFalse(redacted.includes(secret), JSON.stringify({ redacted, secret }))
        }
      ),
      { numRuns: 1000 }
    )
  })

  it("a secret with a known form is always redacted", () => {
    // Some forms are recognised only at the beginning of a word, so a space stands before.
    fc.assert(
      fc.property(fc.constantFrom(...SHAPED), fc.string(), fc.string(), ([text, secret], before, after) => {
        const redacted = redactShapes(`${before} ${text} ${after}`)
        assert.isFalse(redacted.includes(secret) && !`${before} ${after}`.includes(secret), redacted)
      }),
      { numRuns: 500 }
    )
  })

  it("a secret in a JSON document is redacted, and the document stays JSON with its other values", () => {
    fc.assert(
      fc.property(
        planted,
        fc.jsonValue(),
        fc.string(),
        fc.constantFrom(undefined, 2),
        (secret, value, text, indent) => {
          const redact = redactOutput(redactor([secret]))
          const document = { value, text: `${text}${secret}`, nested: [{ [`k${secret}`]: secret, bug: "bd-1" }] }
          const redacted: unknown = JSON.parse(redact(JSON.stringify(document, null, indent)))
          const seen: Array<string> = []
          JSON.stringify(redacted, (key, inner: unknown) => {
            seen.push(key, typeof inner === "string" ? inner : "")
            return inner
          })
          assert.isFalse(seen.some((text) => text.includes(secret)))
          assert.include(seen, "bd-1")
        }
      ),
      { numRuns: 300 }
    )
  })

  it("a JSON document keeps every character if no string holds a secret, even a number equal to one", () => {
    const document = '{ "pid": 1234567890123456,  "text": "a\\u0020b" }\n'
    assert.strictEqual(redactOutput(redactor(["1234567890123456"]))(document), document)
    assert.strictEqual(
      redactOutput(redactor(["1234567890123456"]))("{ no document 1234567890123456"),
      `{ no document ${REDACTED}`
    )
  })

  it("redacting twice changes nothing", () => {
    for (const [text] of SHAPED) assert.strictEqual(redactShapes(redactShapes(text)), redactShapes(text))
  })

  it("redacting 300,000 characters takes less than a second, for any repeated piece", () => {
    const redact = redactOutput(redactor(["aaaaaaaaaaaaaaaab", "hunter2hunter2"]))
    const size = 300_000
    const nasty = [
      "a",
      "eyJ",
      "eyJaaaaaaaaa.",
      "sk-",
      "sk-a",
      "://",
      "://a:",
      "-----BEGIN PRIVATE KEY-----",
      "…",
      "TOKEN",
      "TOKEN=",
      "0123456789abcdef",
      "bearer ",
      "authorization: ",
      "ghp_",
      "[",
      '{"',
      "\\",
      "hooks.slack.com/",
      "aaaaaaaa…",
      "xoxb-"
    ]
    for (const piece of nasty) {
      const text = piece.repeat(size / piece.length)
      const begin = performance.now()
      redact(text)
      assert.isBelow(performance.now() - begin, 1000, piece)
    }
    const document = JSON.stringify({ text: '\\"'.repeat(1_000_000) })
    assert.strictEqual(redact(document), document)
  })
})

it.effect("Redact redacts only known forms by default, and also the secrets of a provided redactor", () =>
  Effect.gen(function* () {
    const text = "hunter2hunter2 and Bearer a1b2c3d4e5"
    assert.strictEqual((yield* Redact)(text), `hunter2hunter2 and Bearer ${REDACTED}`)
    const provided = yield* Effect.map(Redact, (redact) => redact(text)).pipe(
      Effect.provideService(Redact, redactor(["hunter2hunter2"]))
    )
    assert.strictEqual(provided, `${REDACTED} and Bearer ${REDACTED}`)
    const both = yield* Effect.map(Redact, (redact) => redact("hunter2hunter2, correct-horse")).pipe(
      Effect.provide(knowing(["correct-horse"])),
      Effect.provideService(Redact, redactor(["hunter2hunter2"]))
    )
    assert.strictEqual(both, `${REDACTED}, ${REDACTED}`)
  })
)
