import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { parseSchedule } from "../../../src/domain/schedule.ts"
import { judgeTicks, overdueSince } from "../../../src/report/schedule/judge.ts"

const at = (clock: string, day = 26): number => Date.parse(`2026-11-${day}T${clock}:00Z`)
const schedule = Either.getOrThrow(parseSchedule("0 6-13 * * *", "UTC"))
const run = (began: number, ended: number | undefined = began + 60_000) => ({ began, ended })
const killed = (began: number) => ({ began, ended: undefined })
const night = { schedule, since: at("00:00"), until: at("09:30"), now: at("09:30") }
const seconds = (clock: string, count: number): number => at(clock) + count * 1000

describe("the runs that were due", () => {
  it("come, are late, or are missed", () => {
    const runs = [run(seconds("06:00", 2)), run(at("07:12")), run(seconds("09:00", 3))]
    assert.deepStrictEqual(judgeTicks({ ...night, runs }), { due: 4, came: 3, late: 1, missed: [at("08:00")] })
  })

  it("are not judged while they may still come", () => {
    const runs = [run(at("06:00"))]
    assert.deepStrictEqual(judgeTicks({ ...night, until: at("12:00"), now: at("07:10"), runs }), {
      due: 1,
      came: 1,
      late: 0,
      missed: []
    })
    assert.deepStrictEqual(judgeTicks({ ...night, until: at("12:00"), now: at("07:11"), runs }).missed, [at("07:00")])
  })

  it("came if a run was active when they were due", () => {
    const runs = [run(at("06:00"), at("08:20")), killed(at("08:59"))]
    assert.deepStrictEqual(judgeTicks({ ...night, runs }), { due: 4, came: 4, late: 0, missed: [] })
  })

  it("were missed if only a killed run is older than a run may be, or a run by hand came hours later", () => {
    const runs = [killed(at("06:00")), run(at("14:20"))]
    const { missed } = judgeTicks({ ...night, since: at("12:00"), until: at("15:00"), now: at("15:00"), runs })
    assert.deepStrictEqual(missed, [at("12:00"), at("13:00")])
  })

  it("are none before the window, at its end, or after now", () => {
    assert.strictEqual(judgeTicks({ ...night, since: at("06:01"), until: at("08:00"), runs: [] }).due, 1)
    assert.strictEqual(judgeTicks({ ...night, now: at("05:00"), runs: [] }).due, 0)
  })
})

describe("overdue", () => {
  const overdue = (now: number, ...runs: ReadonlyArray<ReturnType<typeof run> | ReturnType<typeof killed>>) =>
    overdueSince({ schedule, runs, now })

  it("is a run that has not come ten minutes after its time, since the first that was missed", () => {
    const last = run(seconds("13:00", 2), at("13:05"))
    assert.isUndefined(overdue(at("06:09", 27), last))
    assert.strictEqual(overdue(at("08:10", 27), last), at("06:00", 27))
  })

  it("is none in the hours of no run, and none while a run is active within its time", () => {
    assert.isUndefined(overdue(at("23:00"), run(seconds("13:00", 2))))
    assert.isUndefined(overdue(at("08:50"), killed(at("08:05"))))
    assert.strictEqual(overdue(at("10:15"), killed(at("08:05"))), at("10:00"))
  })

  it("is none after a run by hand, before the first run, and with a schedule that never comes", () => {
    assert.isUndefined(overdue(at("12:59"), run(at("12:20"))))
    assert.isUndefined(overdue(at("12:59")))
    const never = Either.getOrThrow(parseSchedule("0 0 31 2 *", "UTC"))
    assert.isUndefined(overdueSince({ schedule: never, runs: [run(at("06:00"))], now: at("12:00") }))
  })
})
