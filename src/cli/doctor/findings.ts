import { Either } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { Eviction } from "../../domain/Eviction.ts"
import { Area, warning, type CheckedAs, type Diagnosis, type Finding } from "./Finding.ts"
import { clockFindings, nodeFindings, roomFindings } from "./host.ts"
import type { ClockFacts, NodeFacts, RoomFacts } from "./host.ts"
import { evictionFindings, journalFindings, type JournalFacts } from "./journal.ts"
import { memoryFindings, type MemoryFacts } from "./memory.ts"
import { providerFindings, type ChainFacts } from "./providers.ts"
import { repositoryFindings, type RepositoryFacts } from "./repository.ts"
import { runnerFindings, type RunnerFacts } from "./runner.ts"
import { scheduleFindings, type ScheduleFacts } from "./schedule.ts"
import { alertFindings, settingsFindings, watcherFindings } from "./setup.ts"
import type { AlertFacts, SettingsFacts, WatcherFacts } from "./setup.ts"
import { stateFindings, type StateFacts } from "./state.ts"
import { timeFindings, type TimeFacts } from "./times.ts"
import { INSTALL } from "./tool.ts"
import { trackerFindings, type TrackerFacts } from "./tracker.ts"

/** What can be found out only with settings. */
export interface ServiceFacts {
  readonly tracker: TrackerFacts
  readonly repository: RepositoryFacts
  readonly runner: RunnerFacts
  readonly providers: ChainFacts
  readonly state: StateFacts
  /** `undefined` if the journal is in the state directory. */
  readonly journal: JournalFacts | undefined
  /** That this host was evicted from those that share the journal. */
  readonly eviction?: Eviction | undefined
  readonly room: RoomFacts
  readonly memory: MemoryFacts
  readonly times: TimeFacts
  readonly alerts: AlertFacts
  readonly watcher: WatcherFacts
}

/** Everything that the findings are made of. */
export interface Facts {
  readonly checkedAs: CheckedAs
  readonly node: NodeFacts
  readonly clock: ClockFacts
  /** `undefined` if cron would start no program. */
  readonly settings: SettingsFacts | undefined
  readonly schedule: ScheduleFacts
  /** `undefined` if the settings cannot be loaded. */
  readonly services: ServiceFacts | undefined
}

const ofServices = (facts: ServiceFacts): ReadonlyArray<Finding> => [
  ...trackerFindings(facts.tracker),
  ...repositoryFindings(facts.repository),
  ...runnerFindings(facts.runner),
  ...providerFindings(facts.providers),
  ...stateFindings(facts.journal === undefined ? facts.state : { ...facts.state, runs: Either.right([]) }),
  ...(facts.journal === undefined ? [] : journalFindings(facts.journal, facts.state.runs)),
  ...evictionFindings(facts.eviction),
  ...roomFindings(facts.room),
  ...memoryFindings(facts.memory),
  ...timeFindings(facts.times),
  ...alertFindings(facts.alerts),
  ...watcherFindings(facts.watcher)
]

const NOT_CHECKED = warning("settings", "not checked, and nothing that stands on them: cron would start no program")

/**
 * What is right and wrong with this host, in the order of `Area`. The same facts give the same findings.
 *
 * @example
 * findings(facts).filter(({ level }) => level === "problem")
 */
export const findings = (facts: Facts): ReadonlyArray<Finding> => {
  const found = [
    ...nodeFindings(facts.node),
    ...clockFindings(facts.clock),
    ...(facts.settings === undefined ? [NOT_CHECKED] : settingsFindings(facts.settings)),
    ...(facts.services === undefined ? [] : ofServices(facts.services)),
    ...scheduleFindings(facts.schedule)
  ]
  return found.toSorted((a, b) => Area.literals.indexOf(a.area) - Area.literals.indexOf(b.area))
}

const PROGRAM = /(?<![\w/.-])nightly-dispatch (?=[a-z])/g

/** With the commands of this host: how a schedule is installed here, and how our program is called. */
const withCommands = ({ mend, ...finding }: Finding, install: string, program: string): Finding =>
  mend === undefined
    ? finding
    : {
        ...finding,
        mend: mend.replace(INSTALL, () => install).replaceAll(PROGRAM, () => `${program} `)
      }

/**
 * The findings, and what they come to. `program`: what an operator types up to the command's name, so that the commands that mend
 * something have the same settings.
 */
export const diagnosis = (facts: Facts, program: string): Diagnosis => {
  const found = findings(facts).map((finding) => withCommands(finding, facts.schedule.install, program))
  const count = (wanted: Finding["level"]) => found.filter(({ level }) => level === wanted).length
  const problems = count("problem")
  return {
    checkedAs: facts.checkedAs,
    findings: found,
    problems,
    warnings: count("warning"),
    exit: problems > 0 ? EXIT.no : EXIT.ok
  }
}

/** The schedules that are known: of the setting, else of the lines that start runs. */
export const schedulesOf = ({ lines, setting }: Pick<ScheduleFacts, "lines" | "setting">) =>
  setting !== undefined
    ? [setting]
    : Either.getOrElse(lines, () => []).flatMap(({ line }) =>
        Either.isRight(line.schedule) ? [line.schedule.right] : []
      )
