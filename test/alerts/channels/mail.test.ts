import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import * as mail from "../../../src/alerts/channels/mail.ts"
import { mailText } from "../../../src/alerts/channels/mailText.ts"
import { headlineOf } from "../../../src/alerts/messageText.ts"
import type { Outgoing } from "../../../src/domain/Message.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { AT, hostile, HOUR, message, outgoing, READING, samples } from "./messages.ts"
import { ends, programThat } from "./programs.ts"

const TO = ["ops@example.org", "root"]

/** A mail as a reader takes it apart: headers unfolded and decoded (RFC 2047), the body decoded (RFC 2045). */
const parse = (text: string) => {
  const end = text.indexOf("\n\n")
  const headers = text
    .slice(0, end)
    .replace(/\n /g, " ")
    .split("\n")
    .map((line) => /^([A-Za-z-]+): (.*)$/.exec(line)?.slice(1) ?? ["broken", line])
  const decoded = headers.map(([name = "", value = ""]) => {
    const words = value.replace(/\?= =\?/g, "?==?")
    return [
      name,
      words.replace(/=\?utf-8\?B\?([^?]*)\?=/g, (_, base64: string) => Buffer.from(base64, "base64").toString("utf8"))
    ] as const
  })
  const bytes = text
    .slice(end + 2)
    .replace(/=\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return {
    names: decoded.map(([name]) => name),
    headers: Object.fromEntries(decoded),
    body: Buffer.from(bytes, "latin1").toString("utf8")
  }
}

const NAMES = [
  "To",
  "Subject",
  "Date",
  "Message-ID",
  "References",
  "Importance",
  "Auto-Submitted",
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding"
]

describe("a message as mail", () => {
  it("is readable as it is", () => {
    assert.strictEqual(
      mailText(outgoing, TO, READING),
      `To: ops@example.org,
 root
Subject: [nightly-dispatch] vm-1/shop: no provider works (since 02:00, 4 h ago)
Date: Fri, 27 Nov 2026 06:00:00 +0000
Message-ID: <343a2686d3dddb2dae6c420efcb40385@vm-1>
References: <790456eb6b0cf3d233b8dede37a82d97@vm-1>
Importance: high
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

vm-1/shop: no provider works (since 02:00, 4 h ago)
7 bugs wait until one works again.

    nightly-dispatch preflight
    nightly-dispatch status
`
    )
  })

  it("has the same Message-ID each time that it is sent; messages about one subject are one thread, digests are not", () => {
    const read = (sent: Outgoing, now = AT) => parse(mailText(sent, TO, { ...READING, now })).headers
    const first = read(outgoing)
    const again = read({ message, mayBeRepeat: true }, AT + 48 * HOUR)
    const over = read({ message: samples.good, mayBeRepeat: false })
    assert.deepStrictEqual([again["Message-ID"], again["Date"]], [first["Message-ID"], first["Date"]])
    assert.notStrictEqual(over["Message-ID"], first["Message-ID"])
    assert.strictEqual(over["References"], first["References"])
    assert.notProperty(read({ message: samples.info, mayBeRepeat: false }), "References")
  })

  it("keeps other alphabets, in the subject and in the body", () => {
    const what = `日本語のバグ 👩‍👩‍👧 ${"é".repeat(100)} =?x?=`
    const text = mailText({ message: { ...message, what }, mayBeRepeat: false }, TO, READING)
    const { body, headers } = parse(text)
    assert.include(headers["Subject"], what)
    assert.include(body, what)
    for (const line of text.split("\n")) assert.match(line, /^[\x20-\x7e]{0,76}$/)
  })

  it("has our headers, no other, and the whole text, whatever the message holds", () => {
    fc.assert(
      fc.property(hostile, (outgoing) => {
        const text = mailText(outgoing, TO, READING)
        assert.match(text, /^[\n\x20-\x7e]*$/)
        for (const line of text.split("\n")) {
          assert.isAtMost(line.length, 998)
          assert.notMatch(line, /^\.$|^From /)
        }
        const { body, headers, names } = parse(text)
        assert.deepStrictEqual(
          names,
          NAMES.filter((name) => names.includes(name))
        )
        assert.isAtLeast(names.length, NAMES.length - 2)
        const headline = headlineOf(outgoing.message, READING)
        assert.include(body, headline)
        assert.include(headers["Subject"]?.replace(/ +/g, " "), headline.slice(0, 300).replace(/ +/g, " "))
        assert.match(headers["Message-ID"] ?? "", /^<[0-9a-f]{32}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*>$/)
      }),
      { numRuns: 300 }
    )
  })
})

describe("the channel mail", () => {
  const send = (sendmail: string | undefined, to: ReadonlyArray<string> = TO) =>
    Effect.flatMap(mail.make(to, sendmail), (channel) => channel.send(outgoing))

  it.scopedLive("gives sendmail the addresses as arguments, none of which is an option", () =>
    Effect.gen(function* () {
      const { file, read } = yield* programThat("exit 0", "sendmail")
      yield* send(file, [...TO, "-oQ/tmp"])
      assert.deepStrictEqual((yield* read("args")).split("\n"), ["-i", "--", ...TO, "-oQ/tmp", ""])
      assert.match(
        yield* read("stdin"),
        /^To: ops@example\.org,\n root,\n -oQ\/tmp\nSubject: \[nightly-dispatch\] vm-1/
      )
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("finds sendmail on PATH", () =>
    Effect.gen(function* () {
      const { directory, read } = yield* programThat("exit 0", "sendmail")
      const environment = { PATH: `${directory}:${process.env["PATH"]}` }
      yield* send(undefined).pipe(Effect.provide(NodeExec.layerWith({ environment })))
      assert.include(yield* read("args"), "ops@example.org")
    })
  )

  for (const [end, [script, reason, words]] of Object.entries(ends))
    it.scopedLive(`says what came of it: ${end}`, () =>
      Effect.gen(function* () {
        const { file } = yield* programThat(script, "sendmail")
        const failure = yield* Effect.flip(send(file))
        assert.strictEqual(failure.reason, reason, failure.detail)
        assert.match(failure.detail, words)
      }).pipe(Effect.provide(NodeExec.layer))
    )

  it.scopedLive("says what to do if there is no sendmail", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(send("/nowhere/sendmail"))
      assert.strictEqual(failure.reason, "refused")
      assert.strictEqual(
        failure.detail,
        "/nowhere/sendmail: command not found; install a mail server with sendmail, or set alerts.sendmail to its path"
      )
    }).pipe(Effect.provide(NodeExec.layer))
  )
})
