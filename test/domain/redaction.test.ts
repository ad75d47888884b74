import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { isSecretName, REDACTED, secretsIn } from "../../src/domain/environmentSecrets.ts"
import { escapeMarkup, GENERATOR } from "../../src/domain/markup.ts"
import { knowing, Redact, redactOutput, redactor, redactShapes } from "../../src/domain/Redaction.ts"
import { PEM, SHAPED } from "./secretSamples.ts"
import { cpuTime } from "../cpuTime.ts"

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

  it("in a page of ours a secret goes from every text and attribute, however it is escaped, and the markup stays", () => {
    const page = (text: string) =>
      `<!doctype html>\n<meta name="generator" content="${GENERATOR}" />\n<p title="${text}">token=</p><p>${text}</p>`
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, maxLength: 20 }).map((text) => `correct-'horse&${text}`),
        (secret) => {
          const redacted = redactOutput(redactor([secret]))(page(escapeMarkup(`a ${secret} b`)))
          assert.strictEqual(redacted, page(`a ${REDACTED} b`))
        }
      )
    )
    assert.strictEqual(redactOutput(redactor([]))(page("a &amp; b")), page("a &amp; b"))
    const other = '<!doctype html>{"a": "correct-"horse"}'
    assert.strictEqual(redactOutput(redactor(['correct-"horse']))(other), `<!doctype html>{"a": "${REDACTED}"}`)
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
      const begin = cpuTime()
      redact(text)
      assert.isBelow(cpuTime() - begin, 1000, piece)
    }
    const document = JSON.stringify({ text: '\\"'.repeat(1_000_000) })
    assert.strictEqual(redact(document), document)
  })
})

it("a text is redacted the same each time, also after a thousand others", () => {
  const redact = redactor(["correct-horse"])
  const texts = ["login correct-horse failed", "login failed", "Bearer a1b2c3d4e5", "x".repeat(500)]
  const first = texts.map(redact)
  assert.deepStrictEqual(first.slice(0, 3), [`login ${REDACTED} failed`, "login failed", `Bearer ${REDACTED}`])
  for (let n = 0; n < 2500; n++) {
    assert.strictEqual(redact(`bug ${n}`), `bug ${n}`)
    assert.strictEqual(redact(`bug ${n} correct-horse`), `bug ${n} ${REDACTED}`)
  }
  assert.deepStrictEqual(texts.map(redact), first)
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
