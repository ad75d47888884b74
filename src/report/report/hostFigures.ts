import { EXIT } from "../../domain/exitCode.ts"
import { shownName } from "../../domain/Host.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import { isEnded, successOf } from "./endFigures.ts"
import type { ReportInput } from "./reportInput.ts"
import type { HostFigures } from "./reportSchema.ts"

/** What each host of the fleet did; `undefined` if no other host uses the journal. An evicted host that did nothing is left out. */
export const hostFigures = ({ ended, fleet, open, runs }: ReportInput): ReadonlyArray<HostFigures> | undefined =>
  fleet?.hosts.flatMap((host) => {
    const name = shownName(fleet.hosts, host)
    const isIts = ({ actor }: AttemptFacts) =>
      (fleet.elsewhere(actor) ?? fleet.here?.name) === host.name || fleet.elsewhere(actor) === name
    const [own, jobs] = [runs.filter((run) => run.host === host.name), ended.filter(isIts)]
    const running = open.filter(isIts).length
    if (host.state === "evicted" && own.length + jobs.length + running === 0) return []
    const success = successOf(jobs.filter(isEnded))
    return [
      {
        name,
        runs: own.length,
        badRuns: own.filter(({ exit }) => exit !== undefined && exit !== EXIT.ok).length,
        jobs: jobs.length,
        ...(success === undefined ? {} : { success }),
        running,
        state: host.state,
        seenAgo: host.seenAgo
      }
    ]
  })
