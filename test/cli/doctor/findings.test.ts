import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either } from "effect"
import { clockFindings, type ClockFacts, nodeFindings, roomFindings } from "../../../src/cli/doctor/host.ts"
import type { LineFacts } from "../../../src/cli/doctor/cronRun.ts"
import { problem, type Finding } from "../../../src/cli/doctor/Finding.ts"
import { memoryFindings } from "../../../src/cli/doctor/memory.ts"
import { doctorText } from "../../../src/cli/doctor/render.ts"
import { providerFindings } from "../../../src/cli/doctor/providers.ts"
import { runnerFindings } from "../../../src/cli/doctor/runner.ts"
import { scheduleFindings, type ScheduleFacts } from "../../../src/cli/doctor/schedule.ts"
import { alertFindings, watcherFindings, type WatcherFacts } from "../../../src/cli/doctor/setup.ts"
import { stateFindings } from "../../../src/cli/doctor/state.ts"
import { INSTALL } from "../../../src/cli/doctor/tool.ts"
import { parseSchedule } from "../../../src/domain/schedule.ts"

const NOW = Date.parse("2026-11-27T12:00:00Z")
const tool = (name: string, cron?: string, shell?: string) => ({ name, cron, shell })
const said = (found: ReadonlyArray<Finding>) => found.map(({ level, what }) => `${level}: ${what}`)

const line: LineFacts = {
  line: {
    number: 1,
    text: "0 6 * * * nd",
    fields: "0 6 * * *",
    command: "nd",
    variables: {},
    schedule: parseSchedule("0 6 * * *", "UTC")
  },
  file: undefined,
  started: { program: "/nd", files: [], script: undefined, isExecuted: true, log: undefined, makesDirectories: false },
  path: "/usr/bin:/bin",
  isOnPath: true,
  missing: [],
  notExecutable: [],
  missingDirectory: undefined
}
const schedule: ScheduleFacts = {
  now: NOW,
  zone: () => DateTime.zoneMakeOffset(0),
  lines: Either.right([line]),
  filed: undefined,
  install: INSTALL,
  setting: undefined,
  daemon: Either.right(true),
  foreignScript: undefined,
  overdue: undefined
}

describe("the findings of doctor", () => {
  it("know the oldest node, and do not guess", () => {
    const program = { cron: undefined, here: "/x", version: "1" }
    const of = (version: string) => nodeFindings({ node: Either.right({ path: "/n", version }), program })[0]?.level
    assert.deepStrictEqual(["v20.18.0", "v24.0.1", "v20.17.9", "v18.20.1", "what?"].map(of), [
      "ok",
      "ok",
      "problem",
      "problem",
      "warning"
    ])
    const both = { ...program, cron: "/other" }
    assert.deepStrictEqual(
      said(nodeFindings({ node: Either.right({ path: "/n", version: "v22.1.0" }), program: both })),
      ["ok: node 22.1.0 (/n) · program 1", "warning: cron starts /other, and you started /x"]
    )
  })

  it("name a clock that is wrong, and a boot without a name", () => {
    const isInSync = Either.right(true)
    const levels = (facts: Partial<ClockFacts>) =>
      clockFindings({ now: NOW, hasBoot: true, isInSync, ...facts }).map(({ level }) => level)
    assert.deepStrictEqual(levels({ now: 0 }), ["problem"])
    assert.deepStrictEqual(levels({ hasBoot: false }), ["warning"])
    assert.deepStrictEqual(levels({}), ["ok"])
    assert.deepStrictEqual(levels({ isInSync: Either.right(false), hasBoot: false }), ["warning", "warning"])
    assert.deepStrictEqual(said(clockFindings({ now: NOW, hasBoot: true, isInSync: Either.left("no timedatectl") })), [
      "ok: 2026-11-27T12:00Z, whether a time server sets it is unknown"
    ])
  })

  it("only warn of little memory, and of what cannot be measured", () => {
    assert.deepStrictEqual(said(memoryFindings({ free: 1024 ** 3 / 4, jobs: 1, busy: "load 9", unknown: [] })), [
      "warning: 0.3 GiB available for one job at a time: less than 0.5 GiB for each",
      "warning: now a run would dispatch nothing: load 9"
    ])
    assert.deepStrictEqual(said(memoryFindings({ free: undefined, jobs: 1, busy: undefined, unknown: ["no load"] })), [
      "warning: no load"
    ])
    assert.deepStrictEqual(said(roomFindings({ noTemp: "there is no directory /x", places: [] })), [
      "problem: there is no directory /x"
    ])
    assert.deepStrictEqual(said(roomFindings({ noTemp: undefined, places: [Either.left("cannot measure /x")] })), [
      "warning: cannot measure /x"
    ])
  })

  it("tell whether a job waits for a watcher, and say so if the journal does not tell", () => {
    const of = (jobs: WatcherFacts["jobs"], state: WatcherFacts["standing"]["state"] = "none") =>
      said(watcherFindings({ standing: { state, detail: "none now" }, jobs }))
    assert.deepStrictEqual(of(Either.right(0)), ["ok: none now"])
    assert.deepStrictEqual(of(Either.right(2)), [
      "warning: none, and 2 jobs are not settled: nothing renews claims until the next run"
    ])
    assert.deepStrictEqual(of(Either.left("no answer within 5s")), [
      "warning: none, and whether a job is not settled is unknown: no answer within 5s"
    ])
    assert.deepStrictEqual(of(Either.right(0), "ends_with_run"), ["warning: none now"])
    assert.deepStrictEqual(of(Either.right(1), "ends_with_run"), [
      "warning: none, and one job is not settled: nothing renews claims until the next run",
      "warning: none now"
    ])
  })

  it("tell when the next three runs are due, that no daemon runs, and that a run has not come", () => {
    assert.deepStrictEqual(said(scheduleFindings(schedule)), ["ok: 0 6 * * *: next Sat 06:00, Sun 06:00, Mon 06:00"])
    assert.deepStrictEqual(said(scheduleFindings({ ...schedule, daemon: Either.right(false) })), [
      "ok: 0 6 * * *: next Sat 06:00, Sun 06:00, Mon 06:00",
      "problem: no cron daemon runs here, so nothing starts the runs"
    ])
    assert.deepStrictEqual(
      said(scheduleFindings({ ...schedule, daemon: Either.left("no /proc") }))[1],
      ["warning: cannot tell whether a cron daemon runs: no /proc"][0]
    )
    const late = scheduleFindings({ ...schedule, overdue: Date.parse("2026-11-27T06:00:00Z") })
    assert.deepStrictEqual(said(late)[1], "warning: the run of 06:00 has not come")
  })

  it("say of a timer whether it is active, and do not guess", () => {
    const timer = "/home/op/.config/systemd/user/nightly-dispatch-shop.timer"
    const filed = { starter: "systemd", file: timer, unit: "shop.timer", schedule: line.line.schedule } as const
    const of = (
      isActive: Either.Either<boolean, string>,
      lines: ScheduleFacts["lines"] = Either.right([{ ...line, file: timer }])
    ) => said(scheduleFindings({ ...schedule, lines, daemon: Either.right(false), filed: { ...filed, isActive } }))
    const known = "ok: 0 6 * * *: next Sat 06:00, Sun 06:00, Mon 06:00, by shop.timer"
    assert.deepStrictEqual(of(Either.right(true)), [known])
    assert.deepStrictEqual(of(Either.right(false)), [
      known,
      "problem: shop.timer is not active, so nothing starts the runs"
    ])
    assert.deepStrictEqual(of(Either.left("no bus")), [
      known,
      "warning: cannot tell whether shop.timer is active: no bus"
    ])
    assert.include(of(Either.right(true), Either.right([line])).at(-1), "starts runs too, besides your crontab")
  })

  it("want sendmail for mail", () => {
    const alerts = { channels: ["mail"], isTold: true, command: undefined }
    assert.strictEqual(alertFindings({ ...alerts, hasSendmail: true })[0]?.level, "ok")
    assert.strictEqual(alertFindings({ ...alerts, hasSendmail: false })[0]?.level, "problem")
  })

  it("do not take a crontab that cannot be read for one without a line", () => {
    const unread = Either.left({ why: "crontab: did not end within 2 s", mayExist: true })
    assert.deepStrictEqual(said(scheduleFindings({ ...schedule, lines: unread })), [
      "warning: cannot tell what starts the runs: crontab: did not end within 2 s"
    ])
    const setting = Either.getOrThrow(parseSchedule("0 7 * * *", "UTC"))
    assert.strictEqual(scheduleFindings({ ...schedule, lines: Either.right([]), setting })[0]?.level, "warning")
  })

  it("are shown with paths that can be copied, also where they are wider than the terminal", () => {
    const file = `/home/op/${"a".repeat(50)}/night.sh`
    const found = {
      checkedAs: {
        from: "assumed",
        assumed: true,
        path: "/usr/bin:/bin",
        home: "/h",
        shell: "/bin/sh",
        directory: "/d"
      },
      findings: [problem("schedule", `the line "0 6 * * *" starts ${file}, which does not exist`, INSTALL)],
      problems: 1,
      warnings: 0,
      exit: 1
    }
    const frame = { ...schedule, program: "nd", color: false }
    const lines = doctorText(found, { ...frame, width: 60 }).split("\n")
    assert.isTrue(lines.includes(`                 ${file},`), lines.join("\n"))
    for (const line of lines.filter((each) => !each.includes(file))) assert.isAtMost(line.length, 60)
    assert.include(doctorText(found, { ...frame, width: undefined }), "\n  PATH  /usr/bin:/bin\n")
  })

  it("warn of two lines that never come together", () => {
    const other = { ...line, line: { ...line.line, schedule: parseSchedule("30 7 * * *", "UTC") } }
    assert.deepStrictEqual(
      said(scheduleFindings({ ...schedule, lines: Either.right([line, other]) })).at(-1),
      ["warning: 2 lines of your crontab start runs: status cannot tell what is late"][0]
    )
  })

  it("want bash 4 for dx-runner, by cron's own bash", () => {
    const facts = {
      backend: "auto",
      dxRunner: tool("/dx-runner", "/dx-runner", "/dx-runner"),
      unused: tool("dx-runner"),
      version: Either.right("dx-runner"),
      tools: ["bash", "jq", "flock", "timeout"].map((name) => tool(name, `/bin/${name}`)),
      bash: Either.right(3)
    } as const
    assert.deepStrictEqual(said(runnerFindings(facts)), ["problem: dx-runner needs bash 4, and cron's is bash 3"])
    assert.strictEqual(runnerFindings({ ...facts, bash: Either.right(undefined) })[0]?.level, "warning")
    assert.strictEqual(runnerFindings({ ...facts, bash: Either.right(5) })[0]?.level, "ok")
    const local = { ...facts, dxRunner: undefined, unused: tool("dx-runner", undefined, "/own/dx-runner") }
    assert.strictEqual(runnerFindings(local)[0]?.level, "problem", "auto would start local processes instead")
  })

  it("count a provider that is missing as a problem only if no other works", () => {
    const here = { cron: Either.right(undefined), shell: Either.right(undefined) }
    const nowhere = { cron: Either.left("a not found"), shell: Either.left("a not found") }
    const missing = { name: "a", tool: tool("a"), located: nowhere, online: undefined }
    const works = { name: "b", tool: tool("b", "/b", "/b"), located: here, online: undefined }
    const levels = (providers: ReadonlyArray<typeof missing | typeof works>) =>
      providerFindings({ providers, unknown: [] }).map(({ level }) => level)
    assert.deepStrictEqual(levels([missing, works]), ["warning", "ok"])
    assert.deepStrictEqual(levels([missing]), ["problem"])
    const dx = { name: "c", tool: undefined, located: undefined, online: undefined }
    assert.deepStrictEqual(said(providerFindings({ providers: [dx], unknown: [] })), [
      "warning: c: cannot tell, dx-runner knows its tool"
    ])
  })

  it("warn of a state directory on a network, and of a copy", () => {
    const state = {
      directory: "/s",
      place: Either.right({ exists: true, isCopy: true }),
      runs: Either.right([]),
      lock: Either.right(undefined),
      network: Either.right("NFS")
    }
    assert.deepStrictEqual(
      stateFindings(state).map(({ level }) => level),
      ["ok", "warning", "warning"]
    )
    assert.strictEqual(stateFindings({ ...state, lock: Either.left("no locks") })[0]?.level, "problem")
  })
})
