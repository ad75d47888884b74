import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Layer, Option, Schema, TestClock } from "effect"
import { CurrentSettings, Settings } from "../../../src/domain/Settings.ts"
import { nextTick, parseSchedule } from "../../../src/domain/schedule.ts"
import { scheduleOfCrontab } from "../../../src/report/schedule/crontab.ts"
import { findSchedule } from "../../../src/report/schedule/findSchedule.ts"
import { OwnSchedule, type FiledSchedule, type Installed } from "../../../src/report/schedule/OwnSchedule.ts"
import { FakeExec } from "../../../src/testing/index.ts"

const SCRIPT = "/home/me/.local/bin/dx-nightly-dispatcher.sh"
const text = (crontab: string) => Either.map(scheduleOfCrontab(crontab), (schedule) => schedule.text)

describe("the line of the crontab that starts runs", () => {
  for (const line of [
    `0 6-13 * * * /bin/bash ${SCRIPT} >> /home/me/logs/nightly-dispatch.log 2>&1`,
    "0 6-13 * * * /bin/bash /a/dx-job-wrapper.sh nightly-dispatch -- /home/me/night.sh",
    "0 6-13 * * * cd /src/app && nightly-dispatch --config /etc/nd.yaml run >/dev/null",
    '  0 6-13 * * *\t"/usr/bin/node" "/opt/nightly-dispatch/dist/cli.js" run',
    `0 6-13 * * * '${SCRIPT}'`
  ]) {
    it(`is found in ${line}`, () =>
      assert.deepStrictEqual(text(`MAILTO=me\n\n${line}\n`), Either.right("0 6-13 * * *")))
  }

  for (const line of [
    `# 0 6 * * * ${SCRIPT}`,
    "0 6 * * * nightly-dispatch preflight",
    "0 6 * * * nightly-dispatch run --dry-run",
    "0 6 * * * backup run nightly-dispatch",
    `NIGHT=${SCRIPT}`,
    "",
    "0 6 * *"
  ]) {
    it(`is not ${JSON.stringify(line)}`, () => {
      assert.deepStrictEqual(text(line), Either.left("no line of your crontab starts nightly-dispatch run"))
    })
  }

  it("is due in the time zone that is set above it", () => {
    const next = (crontab: string) =>
      Option.getOrThrow(nextTick(Either.getOrThrow(scheduleOfCrontab(crontab)), Date.parse("2026-07-01T00:00:00Z")))
    const line = `0 6 * * * ${SCRIPT}`
    assert.strictEqual(
      next(`TZ=UTC\nCRON_TZ="America/New_York"\n${line}\nCRON_TZ=Asia/Tokyo`),
      Date.parse("2026-07-01T10:00:00Z")
    )
    assert.strictEqual(next(`TZ=Asia/Tokyo\n${line}`), Date.parse("2026-07-01T21:00:00Z"))
  })

  it("cannot tell the times if several lines differ, and can if they do not", () => {
    const lines = `0 6 * * * ${SCRIPT}\n0 7 * * * ${SCRIPT}`
    assert.deepStrictEqual(
      text(lines),
      Either.left("2 lines of your crontab start nightly-dispatch run, at different times")
    )
    assert.deepStrictEqual(text(lines.replace("7", "6")), Either.right("0 6 * * *"))
  })

  it("that has no times says so", () => {
    const why = Either.getLeft(text(`@reboot ${SCRIPT}`))
    assert.include(Option.getOrThrow(why), 'expected five fields, like "0 6-13 * * *", actual "@reboot"')
    assert.include(Option.getOrThrow(Either.getLeft(text(`CRON_TZ=No/Where\n0 6 * * * ${SCRIPT}`))), "time zone")
  })

  it("is looked for in linear time", () => {
    const begin = process.hrtime.bigint()
    for (const part of [" ", "0 ", "a=", "'", "/nightly-dispatch"]) text(part.repeat(1_000_000 / part.length))
    assert.isBelow(Number(process.hrtime.bigint() - begin) / 1e6, 5000)
  })
})

const settings = (input: typeof Settings.Encoded) =>
  Layer.succeed(CurrentSettings, Schema.decodeUnknownSync(Settings)(input))
const answers = (reply: FakeExec.FakeReply | undefined, faults: FakeExec.FakeExecScript["faults"] = []) =>
  FakeExec.layer({ run: () => reply, installed: reply === undefined ? {} : { crontab: "/usr/bin/crontab" }, faults })

describe("the schedule", () => {
  it.effect("is that of the settings, without a look at the crontab", () =>
    Effect.gen(function* () {
      const { from, schedule } = yield* findSchedule
      assert.deepStrictEqual([from, schedule?.text], ["settings", "@hourly"])
    }).pipe(Effect.provide([settings({ schedule: "@hourly" }), answers(undefined)]))
  )

  it.effect("else that of the crontab", () =>
    Effect.gen(function* () {
      const { from, schedule } = yield* findSchedule
      assert.deepStrictEqual([from, schedule?.text], ["crontab", "0 6 * * *"])
    }).pipe(Effect.provide(answers({ stdout: `0 6 * * * ${SCRIPT}\n` })))
  )

  for (const [reply, why] of [
    [undefined, "not known: there is no crontab command here. If something else starts the runs, set schedule"],
    [{ exitCode: 1, stderr: "no crontab for me\n" }, "not known: crontab -l: no crontab for me. If"],
    [{ exitCode: 1 }, "not known: crontab -l: exit code 1. If"],
    [{ stdout: "x".repeat(2_000_000) }, "not known: crontab cannot be read: crontab: more than 1 MiB of output. If"],
    [{ stdout: "" }, "not known: no line of your crontab starts nightly-dispatch run. If"]
  ] as const) {
    it.effect(`is ${why}`, () =>
      Effect.gen(function* () {
        const found = yield* findSchedule
        assert.isUndefined(found.schedule)
        assert.isTrue(found.why.startsWith(why), found.why)
      }).pipe(Effect.provide(answers(reply)))
    )
  }

  const filed = (schedule: FiledSchedule["schedule"]) =>
    Layer.succeed(OwnSchedule, {
      installed: Effect.succeed<Installed>({
        linesOf: (crontab) => crontab.replace(/^.*others.*$/gm, ""),
        filed: { starter: "systemd", file: "/u/shop.timer", schedule }
      })
    })

  it.effect("else that of the timer or agent that was installed", () =>
    Effect.gen(function* () {
      const { from, schedule, why } = yield* findSchedule
      assert.deepStrictEqual([from, schedule?.text, why], ["systemd", "0 7 * * *", "shop.timer"])
    }).pipe(Effect.provide([answers(undefined), filed(parseSchedule("0 7 * * *"))]))
  )

  it.effect("is unknown if that file was changed by hand", () =>
    Effect.gen(function* () {
      const { schedule, why } = yield* findSchedule
      assert.isUndefined(schedule)
      assert.include(why, "not known: shop.timer: its times were changed by hand. If")
    }).pipe(Effect.provide([answers(undefined), filed(Either.left("its times were changed by hand"))]))
  )

  it.effect("is not that of another repository's lines", () =>
    Effect.gen(function* () {
      const { from, schedule } = yield* findSchedule
      assert.deepStrictEqual([from, schedule?.text], ["crontab", "0 6 * * *"])
    }).pipe(
      Effect.provide([
        answers({ stdout: `0 6 * * * ${SCRIPT}\n0 9 * * * ${SCRIPT} # others\n` }),
        filed(parseSchedule("0 7 * * *"))
      ])
    )
  )

  it.effect("is not waited for longer than two seconds", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(findSchedule)
      yield* TestClock.adjust("2 seconds")
      assert.include((yield* Fiber.join(fiber)).why, "crontab: did not end within 2 s")
    }).pipe(Effect.provide(answers({}, [FakeExec.on("run").hangs()])))
  )
})
