import { DateTime, Duration, Effect, Option, Schema } from "effect"
import type { FoundWork } from "../../domain/FoundWork.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Exec } from "../../exec/Exec.ts"
import type { SoughtBug } from "../ExistingWork.ts"
import { gitEnvironment, type Git } from "../git/command.ts"
import { branchNames, idsIn } from "./names.ts"

/** GitHub gives 100 at once. */
const MOST_PULL_REQUESTS = 200
/** A slow `gh` must not delay the run: this is looked at beside everything else. */
const TIMEOUT = Duration.seconds(5)

/** Without questions, colours, news; for the repository of the clone, whatever the operator's shell names. */
const ENVIRONMENT = {
  ...gitEnvironment,
  GH_PROMPT_DISABLED: "1",
  GH_NO_UPDATE_NOTIFIER: "1",
  NO_COLOR: "1",
  GH_FORCE_TTY: undefined,
  GH_DEBUG: undefined,
  GH_REPO: undefined
}

const FIELDS = ["number", "title", "body", "url", "headRefName", "createdAt"]

const PullRequests = Schema.parseJson(
  Schema.Array(
    Schema.Struct({
      number: Schema.Int,
      title: Schema.String,
      body: Schema.NullishOr(Schema.String),
      url: Schema.optional(Schema.String),
      headRefName: Schema.String,
      createdAt: Schema.optional(Schema.String)
    })
  )
)
type PullRequest = (typeof PullRequests.Type)[number]

/** An address of another host; not a path, and not `file://`. */
const isNetwork = (url: string): boolean =>
  /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[^/:]+:(?!\/\/)/.test(url)

/** Whether a remote of the clone is on another host. */
const hasRemoteHost = (git: Git, clone: string) =>
  Effect.map(git.read(clone, ["remote", "--verbose"]), (output) =>
    output.split("\n").some((line) => isNetwork(line.split("\t")[1] ?? ""))
  )

const millisOf = (time: string | undefined): number =>
  time === undefined ? 0 : Option.match(DateTime.make(time), { onNone: () => 0, onSome: DateTime.toEpochMillis })

const foundWork = ({ createdAt, number, title, url = "" }: PullRequest): FoundWork => {
  const address = /^https?:\/\/\S{1,300}$/.test(url) ? ` (${url})` : ""
  return {
    kind: "pull_request",
    place: `pull request #${number} "${oneLine(title, 60)}"${address}`,
    at: millisOf(createdAt)
  }
}

/** For each bug the newest open pull request that names it in its title, its body or its branch. */
const naming = (all: ReadonlyArray<PullRequest>, bugs: ReadonlyArray<SoughtBug>) => {
  const ids = bugs.map(({ id }) => id)
  const idsOf = idsIn(ids)
  const found = new Map<BeadsId, FoundWork>()
  for (const request of all) {
    const named = idsOf(`${request.title}\n${request.body ?? ""}`)
    const work = foundWork(request)
    for (const id of ids) {
      const isNamed = named.has(id) || branchNames(request.headRefName, id)
      if (isNamed && work.at >= (found.get(id)?.at ?? 0)) found.set(id, work)
    }
  }
  return found
}

/**
 * For each bug an open pull request that names it, as `gh` lists them in one call. Without `gh`, without a remote on another
 * host, and if `gh` is slow, fails or prints something else: finds nothing, and says so only in the debug log.
 */
export const pullRequestsNaming = Effect.fn("existing.pullRequests")(
  function* (exec: Exec["Type"], git: Git, clone: string, bugs: ReadonlyArray<SoughtBug>) {
    const none = (why: string) =>
      Effect.as(Effect.logDebug(`pull requests are not looked at: ${why}`), new Map<BeadsId, FoundWork>())
    const command = yield* exec.which("gh")
    if (command === undefined) return yield* none("there is no gh on PATH")
    if (!(yield* hasRemoteHost(git, clone))) return yield* none(`${clone} has no remote on another host`)
    const args = ["pr", "list", "--state", "open", "--limit", String(MOST_PULL_REQUESTS), "--json", FIELDS.join(",")]
    const limits = { timeout: TIMEOUT, killAfter: "200 millis" } as const
    const result = yield* exec.run({ tool: "forge", command, args, cwd: clone, env: ENVIRONMENT, ...limits })
    if (result.exitCode !== 0) return yield* none(`gh: ${oneLine(result.stderr) || `exit code ${result.exitCode}`}`)
    const decoded = yield* Effect.option(Schema.decodeUnknown(PullRequests)(result.stdout))
    return Option.isNone(decoded) ? yield* none("gh printed no list of them") : naming(decoded.value, bugs)
  },
  Effect.catchAll(({ message }) =>
    Effect.as(Effect.logDebug(`pull requests are not looked at: ${message}`), new Map<BeadsId, FoundWork>())
  )
)
