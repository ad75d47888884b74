import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as path from "node:path"
import * as command from "../../../src/alerts/channels/command.ts"
import { WebhookMessage } from "../../../src/alerts/channels/WebhookMessage.ts"
import { Redact, redactor } from "../../../src/domain/Redaction.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import * as FakeExec from "../../../src/testing/FakeExec.ts"
import { ExecNotStarted, ExecTimedOut } from "../../../src/exec/Exec.ts"
import { NASTY_TEXT } from "../../contract/support.ts"
import { message, outgoing } from "./messages.ts"
import { ends, programThat } from "./programs.ts"

const ADDRESS = "https://hooks.example/0123456789"
const send = (argv: readonly [string, ...ReadonlyArray<string>], sent = outgoing) =>
  Effect.flatMap(command.make(argv), (channel) => channel.send(sent))
const onNode = NodeExec.layerWith({
  environment: {
    PATH: process.env["PATH"],
    HOME: "/home/me",
    https_proxy: "http://proxy:1",
    NIGHTLY_DISPATCH_ALERTS_SLACK: ADDRESS,
    SLACK_WEBHOOK: ADDRESS,
    LC_HOOK: ADDRESS,
    ZAI_API_KEY: "0123456789abcdef"
  },
  withhold: [ADDRESS]
})

describe("the channel command", () => {
  it.scopedLive("gets the message as JSON on stdin and its own arguments unchanged", () =>
    Effect.gen(function* () {
      const { file, read } = yield* programThat("exit 0")
      yield* send([file, "a b", "$HOME", NASTY_TEXT.split("\n")[0]!], { message, mayBeRepeat: true })
      assert.strictEqual(yield* read("args"), `a b\n$HOME\n${NASTY_TEXT.split("\n")[0]}\n`)
      const got = yield* Schema.decodeUnknown(Schema.parseJson(WebhookMessage))(yield* read("stdin"))
      assert.deepInclude(got, { version: 1, id: message.id, what: message.what, mayBeRepeat: true })
    }).pipe(Effect.provide(onNode))
  )

  it.scopedLive("has the variables of the network, no alert address and no other secret", () =>
    Effect.gen(function* () {
      const { file, read } = yield* programThat("exit 0")
      yield* send([file])
      const names = (yield* read("env")).split("\n").map((line) => line.split("=")[0])
      assert.includeMembers(names, ["PATH", "HOME", "https_proxy"])
      assert.notInclude(yield* read("env"), ADDRESS)
      assert.notInclude(names, "ZAI_API_KEY")
    }).pipe(Effect.provide(onNode))
  )

  for (const [end, [script, reason, words]] of Object.entries(ends))
    it.scopedLive(`says what came of it: ${end}`, () =>
      Effect.gen(function* () {
        const { file } = yield* programThat(script)
        const failure = yield* Effect.flip(send([file]))
        assert.strictEqual(failure.reason, reason, failure.detail)
        assert.match(failure.detail, words)
      }).pipe(Effect.provide(onNode))
    )

  it.scopedLive("says what to set if there is no such program", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(send(["no-such-program"]))
      assert.strictEqual(failure.reason, "refused")
      assert.strictEqual(
        failure.detail,
        "no-such-program: command not found; set alerts.command to the full path of an executable file, or to a name on PATH"
      )
    }).pipe(Effect.provide(onNode))
  )

  it.scopedLive("tells no secret that the program prints", () =>
    Effect.gen(function* () {
      const { file } = yield* programThat("echo 'login correct-horse-battery failed' >&2; exit 1")
      const failure = yield* Effect.flip(send([file]))
      assert.match(failure.detail, /: login \[redacted\] failed$/)
    }).pipe(Effect.provide(onNode), Effect.provideService(Redact, redactor(["correct-horse-battery"])))
  )

  it.scopedLive("tells no part of a secret of several lines", () =>
    Effect.gen(function* () {
      const key = [
        "-----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0",
        "c2VjcmV0bGFzdGxpbmU",
        "-----END PRIVATE KEY-----"
      ]
      const { file } = yield* programThat(
        `printf '%s\\n' 'no login with' ${key.map((line) => `'${line}'`).join(" ")} >&2; exit 1`
      )
      const failure = yield* Effect.flip(send([file]))
      assert.match(failure.detail, /: \[redacted\]$/)
    }).pipe(Effect.provide(onNode))
  )

  it.effect("does not know whether a program that was ended has sent it; tries later without resources", () =>
    Effect.gen(function* () {
      const failing = (error: ExecTimedOut | ExecNotStarted) =>
        Effect.flip(send(["/opt/notify"])).pipe(Effect.provide(FakeExec.layer({ run: () => Effect.fail(error) })))
      const late = new ExecTimedOut({ command: "/opt/notify", timeoutMs: 8000, stdout: "", stderr: "" })
      const { detail, reason } = yield* failing(late)
      assert.deepStrictEqual([reason, detail], ["unknown", "/opt/notify: did not end within 8 s, and was ended"])
      const full = new ExecNotStarted({ command: "notify", reason: "no_resources", detail: "EAGAIN" })
      assert.strictEqual((yield* failing(full)).reason, "busy")
    })
  )

  it.effect("names the program as its target", () =>
    Effect.gen(function* () {
      const { target } = yield* command.make([path.join("/opt", "notify"), "--token=0123"])
      assert.strictEqual(target, "/opt/notify")
    }).pipe(Effect.provide(FakeExec.layer()))
  )
})
