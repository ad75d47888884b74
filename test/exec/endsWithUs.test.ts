import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { endsWithUs, placeHere } from "../../src/exec/endsWithUs.ts"
import { FakeExec } from "../../src/testing/index.ts"

const MAIN = 4711
const NIGHTLY = "/system.slice/nightly.service"

/** What is said of a process in session `MAIN` of this control group, whose service has this main process and KillMode. */
const said = (
  cgroup: string,
  killMode: string | undefined,
  { isScoped = false, mainPid = MAIN, isOfMainProgram = false } = {}
) => {
  const exec = FakeExec.layer({
    run: ([command, ...args]) =>
      command === "systemctl" && killMode !== undefined
        ? { stdout: `KillMode=${killMode}\nMainPID=${mainPid}\n`, stderr: args.join(" ") }
        : undefined
  })
  const where = Effect.succeed({ isOfMainProgram, session: MAIN, cgroups: ["/", cgroup] })
  return Effect.provide(endsWithUs({ isScoped }, where), exec)
}

describe("what ends a detached process together with us", () => {
  it.effect("the container whose main program we are part of", () =>
    Effect.gen(function* () {
      assert.match(
        (yield* said("/", undefined, { isOfMainProgram: true, isScoped: true })) ?? "",
        /main program of its container/
      )
      assert.isUndefined(yield* said("/", undefined))
    })
  )

  it.effect("a systemd service whose KillMode ends its control group", () =>
    Effect.gen(function* () {
      for (const killMode of ["control-group", "mixed"]) {
        const why = yield* said(NIGHTLY, killMode)
        assert.include(why, `systemd ends all processes of nightly.service with this run (KillMode=${killMode};`)
      }
      assert.isUndefined(yield* said(NIGHTLY, "process"))
      assert.isUndefined(yield* said(NIGHTLY, "none"))
      assert.isUndefined(yield* said(NIGHTLY, "control-group", { isScoped: true }), "in a scope of its own")
      assert.isUndefined(yield* said(NIGHTLY, undefined), "systemd does not answer")
    })
  )

  it.effect("no service that goes on without us, such as cron's, and no session", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* said("/system.slice/cron.service", "control-group", { mainPid: 12 }))
      const user = "/user.slice/user-1000.slice/user@1000.service"
      assert.isUndefined(yield* said("/user.slice/user-1000.slice/session-4.scope", "control-group"))
      assert.isUndefined(yield* said(`${user}/app.slice/terminal.scope`, "control-group"))
      assert.isUndefined(yield* said(user, "control-group"))
      assert.isDefined(yield* said(`${user}/app.slice/nightly.service`, "control-group"))
    })
  )

  it.effect.skipIf(process.platform !== "linux")("is read from /proc", () =>
    Effect.map(placeHere, ({ cgroups, session }) => {
      // The leader of the session may be outside of the container that the tests run in.
      assert.isAbove(session ?? 1, 0)
      assert.isNotEmpty(cgroups)
    })
  )
})
