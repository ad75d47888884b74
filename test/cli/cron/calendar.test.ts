import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option, Schema } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { calendarIntervals, onCalendar, timesOf } from "../../../src/cli/cron/calendar.ts"
import { labelOf, propertyList, scheduleInList } from "../../../src/cli/cron/launchd.ts"
import { scheduleInTimer, systemdUnits, unitName } from "../../../src/cli/cron/systemd.ts"
import { nextTick, parseSchedule, type Schedule } from "../../../src/domain/schedule.ts"
import { TEMPORARY } from "../../temporary.ts"

const scheduleOf = (text: string, zone?: string) =>
  Either.getOrThrowWith(parseSchedule(text, zone), (why) => new Error(why))
/** `.ci/run` installs systemd: there, a missing tool fails the tests. */
const isMissing = process.env["CI_RUN"] !== "1" && spawnSync("systemd-analyze", ["--version"]).status !== 0
const analyze = (...args: ReadonlyArray<string>) =>
  execFileSync("systemd-analyze", args, {
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC", LC_ALL: "C", SYSTEMD_COLORS: "0" },
    stdio: "pipe"
  })

const field = (min: number, max: number) => {
  const value = fc.integer({ min, max })
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 2, max: 7 })
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant("*") },
    { weight: 1, arbitrary: step.map((by) => `*/${by}`) },
    {
      weight: 3,
      arbitrary: fc
        .array(
          fc.oneof(
            value.map(String),
            range,
            fc.tuple(range, step).map((parts) => parts.join("/"))
          ),
          {
            minLength: 1,
            maxLength: 3
          }
        )
        .map((parts) => parts.join(","))
    }
  )
}
const fields = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)).map((all) => all.join(" "))

const SCHEDULES = [
  "*/15 * * * *",
  "0 6-13 * * *",
  "0 6-13 * * 1-5",
  "0 3 1 * *",
  "30 2 29 2 *",
  "0 6 1 * 1",
  "15 4 1-7,31 */3 5-7",
  "0 0 */2 * 1",
  "0 6 13 * */2",
  "5,10-20/5 22,23,0-3 * jan-mar,DEC mon-fri",
  "0 12 * * SUN",
  "@hourly",
  "@weekly",
  "@yearly"
]

const FROM = Date.parse("2026-02-27T09:59:30Z")
/** So many times are compared. */
const COMPARED = 8

const timesOfCron = (schedule: Schedule): ReadonlyArray<string> => {
  const times: Array<string> = []
  for (let at = FROM; times.length < COMPARED;) {
    at = Option.getOrThrow(nextTick(schedule, at))
    times.push(new Date(at).toISOString())
  }
  return times
}

/** When a timer with these values starts its service, by systemd. */
const timesOfSystemd = (values: ReadonlyArray<string>): ReadonlyArray<string> => {
  const base = `--base-time=${new Date(FROM).toISOString().replace("T", " ").slice(0, 19)} UTC`
  const output = analyze("calendar", `--iterations=${COMPARED}`, base, ...values)
  const all = Array.from(
    output.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g),
    ([, day, time]) => `${day}T${time}.000Z`
  )
  return [...new Set(all)].toSorted().slice(0, COMPARED)
}

describe("a schedule for systemd", () => {
  for (const [text, expected] of [
    ["0 6-13 * * *", ["*-*-* 06..13:00:00"]],
    ["*/30 1 * * 1-5", ["Mon..Fri *-*-* 01:00,30:00"]],
    ["5 0 1 1,2,3,7 *", ["*-01..03,07-01 00:05:00"]],
    ["@weekly", ["Sun *-*-* 00:00:00"]],
    ["* * * * 6,0", ["Sat,Sun *-*-* *:*:00"]],
    // Cron takes the first of the month and each Monday, systemd only the Mondays among the firsts.
    ["0 6 1 * 1", ["*-*-01 06:00:00", "Mon *-*-* 06:00:00"]],
    ["0 6 */10 * 1", ["Mon *-*-01,11,21,31 06:00:00"]]
  ] as const) {
    it(`${text} is ${expected.join(" and ")}`, () => assert.deepStrictEqual(onCalendar(scheduleOf(text)), expected))
  }

  for (const text of [...SCHEDULES, ...fc.sample(fields, 25)]) {
    it.skipIf(isMissing)(`comes at the times of cron, says systemd itself: ${text}`, () => {
      const schedule = scheduleOf(text, "UTC")
      assert.deepStrictEqual(timesOfSystemd(onCalendar(schedule)), timesOfCron(schedule))
    })
  }
})

const input = (text: string) => ({
  name: "my.shop",
  bash: "/bin/bash",
  script: `/home/op/a "b" \\c $HOME 5% <&> d/night.sh`,
  log: "/home/op/logs/dx/nightly-dispatch.log",
  schedule: scheduleOf(text)
})

describe("the units of systemd", () => {
  it("keep the jobs alive, and start what was missed", () => {
    const { service, timer } = systemdUnits(input("0 6 1 * 1"))
    assert.include(service, "\nKillMode=process\n")
    assert.include(service, '\nExecStart="/bin/bash" "/home/op/a \\"b\\" \\\\c $$HOME 5%% <&> d/night.sh"\n')
    assert.include(timer, "\nPersistent=true\n")
    assert.include(timer, "\nOnCalendar=*-*-01 06:00:00\nOnCalendar=Mon *-*-* 06:00:00\n")
  })

  it.skipIf(isMissing)("are right for every schedule, says systemd itself", () => {
    const directory = fs.mkdtempSync(path.join(TEMPORARY, "nd units "))
    try {
      const files = SCHEDULES.flatMap((text, index) => {
        const name = `my.shop-${index}`
        const { service, timer } = systemdUnits({ ...input(text), name })
        return [
          [`${unitName(name)}.service`, service],
          [`${unitName(name)}.timer`, timer]
        ].map(([name = "", text = ""]) => {
          const file = path.join(directory, name)
          fs.writeFileSync(file, text)
          return file
        })
      })
      const { status, stderr } = spawnSync("systemd-analyze", ["--user", "--man=no", "verify", ...files], {
        encoding: "utf8",
        env: { ...process.env, XDG_RUNTIME_DIR: directory, LC_ALL: "C" }
      })
      assert.deepStrictEqual([status, stderr.includes("my.shop") ? stderr : ""], [0, ""], stderr)
    } finally {
      fs.rmSync(directory, { recursive: true })
    }
  })
})

const intervals = (text: string) => calendarIntervals(scheduleOf(text))

describe("a file of a schedule", () => {
  it("says its times again, unless they were changed by hand", () => {
    for (const text of SCHEDULES) {
      const same = Either.map(scheduleInTimer(systemdUnits(input(text)).timer), (schedule) => schedule.text)
      assert.deepStrictEqual(same, Either.right(text))
      const list = propertyList(input(text))
      if (Either.isLeft(list)) continue
      assert.deepStrictEqual(
        Either.map(scheduleInList(list.right), (schedule) => schedule.text),
        Either.right(text)
      )
    }
    const { timer } = systemdUnits(input("0 6-13 * * *"))
    for (const changed of [
      timer.replace("06..13", "06..12"),
      timer.replace("OnCalendar", "OnBootSec=1h\nOnCalendar"),
      timer.replace("6-13", "6-12"),
      timer.replace(/^#.*/, "")
    ])
      assert.isTrue(Either.isLeft(scheduleInTimer(changed)), changed)
    const list = Either.getOrThrow(propertyList(input("0 6-7 * * *")))
    for (const changed of [list.replace("<integer>6<", "<integer>5<"), list.replace("6-7", "5-7")])
      assert.isTrue(Either.isLeft(scheduleInList(changed)), changed)
  })
})

describe("a schedule for launchd", () => {
  it("has an entry for each combination", () => {
    assert.deepStrictEqual(Either.getOrThrow(intervals("0,30 6-7 * * *")), [
      { Hour: 6, Minute: 0 },
      { Hour: 6, Minute: 30 },
      { Hour: 7, Minute: 0 },
      { Hour: 7, Minute: 30 }
    ])
    assert.deepStrictEqual(Either.getOrThrow(intervals("0 6 1 * 1")), [
      { Day: 1, Hour: 6, Minute: 0 },
      { Weekday: 1, Hour: 6, Minute: 0 }
    ])
    assert.deepStrictEqual(Either.getOrThrow(intervals("* * * * *")), [{}])
  })

  it("is refused where launchd cannot say it, or needs too many entries", () => {
    const why = (text: string) => Option.getOrThrow(Either.getLeft(intervals(text)))
    assert.include(why("0 6 */10 * 1"), "only on days that are named both")
    assert.include(why("*/5 0-20 * * *"), "launchd needs 252 entries")
  })

  it("names every time of cron and no other", () => {
    fc.assert(
      fc.property(fields, (text) => {
        const schedule = scheduleOf(text)
        const entries = Either.getOrUndefined(calendarIntervals(schedule))
        if (entries === undefined) return
        assert.isAtMost(entries.length, 200)
        const sizes = timesOf(schedule).map((times) =>
          Object.values(times).reduce((size, values) => size * Math.max(1, values.length), 1)
        )
        assert.lengthOf(
          new Set(entries.map((entry) => JSON.stringify(entry))),
          sizes.reduce((sum, size) => sum + size, 0)
        )
      })
    )
  })
})

/** The tags of an XML text, each closed in its order. Throws if one is not. */
const tagsOf = (xml: string): ReadonlyArray<string> => {
  const open: Array<string> = []
  const seen: Array<string> = []
  for (const [, close, name = "", self] of xml.replace(/<[?!][^>]*>/g, "").matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (close === "/") assert.strictEqual(open.pop(), name)
    else {
      seen.push(name)
      if (self !== "/") open.push(name)
    }
  }
  assert.deepStrictEqual(open, [])
  return seen
}

const hasPython = spawnSync("python3", ["-c", "import plistlib"]).status === 0
const whole = (min: number, max: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.between(min, max)), { exact: true })
/** The keys of launchd.plist(5) that we use. */
const Agent = Schema.Struct({
  Label: Schema.NonEmptyString,
  ProgramArguments: Schema.NonEmptyArray(Schema.String),
  StartCalendarInterval: Schema.NonEmptyArray(
    Schema.Struct({
      Minute: whole(0, 59),
      Hour: whole(0, 23),
      Day: whole(1, 31),
      Weekday: whole(0, 7),
      Month: whole(1, 12)
    })
  ),
  AbandonProcessGroup: Schema.Literal(true),
  StandardOutPath: Schema.NonEmptyString,
  StandardErrorPath: Schema.NonEmptyString
})

describe("the property list", () => {
  it("is well-formed: keys and values take turns, and the paths are whole", () => {
    const list = Either.getOrThrow(propertyList(input("0 6-7 * * *")))
    assert.match(list, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<!DOCTYPE plist /)
    const tags = tagsOf(list)
    assert.deepStrictEqual(tags.slice(0, 8), ["plist", "dict", "key", "string", "key", "array", "string", "string"])
    assert.lengthOf(
      tags.filter((tag) => tag === "integer"),
      4
    )
    const strings = Array.from(list.matchAll(/<string>(.*?)<\/string>/g), ([, text = ""]) =>
      text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
    )
    const { bash, log, script } = input("@daily")
    assert.deepStrictEqual(strings, [labelOf("my.shop"), bash, script, log, log])
    assert.match(list, /<key>AbandonProcessGroup<\/key>\s*<true\/>/)
  })

  it.skipIf(!hasPython)("is one for Python's plistlib too, with the keys of launchd.plist(5)", () => {
    const script = "import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))"
    for (const text of SCHEDULES) {
      const list = propertyList(input(text))
      if (Either.isLeft(list)) continue
      const read = execFileSync("python3", ["-c", script], { encoding: "utf8", input: list.right })
      const found = Schema.decodeUnknownSync(Schema.parseJson(Agent), { onExcessProperty: "error" })(read)
      const { bash, log, script: file } = input(text)
      assert.deepStrictEqual([found.Label, found.StandardOutPath], [labelOf("my.shop"), log])
      assert.deepStrictEqual(found.ProgramArguments, [bash, file])
      assert.deepStrictEqual(found.StartCalendarInterval, Either.getOrThrow(intervals(text)))
    }
  })

  it("refuses a path that XML cannot hold", () => {
    const list = propertyList({ ...input("@daily"), script: "/a\u0001" })
    assert.include(Option.getOrThrow(Either.getLeft(list)), "cannot hold the path")
  })
})
