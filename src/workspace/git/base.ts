import { Duration, Effect } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Git } from "./command.ts"
import { mainRemote, remoteHead } from "./output.ts"
import type { Repository } from "../../domain/Repository.ts"

/** Whether workspaces can be made from this clone: a repository of its own, not a directory inside of one. */
export const requireRepository = Effect.fnUntraced(function* (git: Git, { path }: Repository) {
  const refuse = (detail: string) => new WorkspaceFailed({ detail, blame: "config" })
  const top = yield* git.run(path, ["rev-parse", "--is-bare-repository", "--show-cdup"])
  const [bare, up] = top.stdout.split("\n")
  if (/dubious ownership/.test(top.stderr)) {
    return yield* refuse(`${path} belongs to another user; see git's safe.directory`)
  }
  if (bare === undefined || bare === "") return yield* refuse(`${path} is not a git repository`)
  if (bare === "false" && up !== "") return yield* refuse(`${path} is not a git repository, it is a directory in one`)
})

/** Where a repository's work starts from. */
export interface BaseSource {
  readonly remote: string | undefined
  /** The branch of the remote; absent when nothing is known but the remote's HEAD. */
  readonly branch: string | undefined
  /** The branch or commit that the settings name. */
  readonly wanted: string | undefined
}

/** Where the work starts from as far as is known here, without the network. */
export const knownSource = Effect.fnUntraced(function* (git: Git, { path }: Repository, wanted: string | undefined) {
  const remote = mainRemote(yield* git.read(path, ["remote"]))
  const branch = remote !== undefined && wanted?.startsWith(`${remote}/`) ? wanted.slice(remote.length + 1) : wanted
  return { remote, branch, wanted }
})

const COMMIT = /^[0-9a-f]{7,64}$/

/**
 * Brings the remote's branch up to date. It needs the network, so it may fail, and takes at most `patience`: the work
 * then starts from what is known here, and a warning says so.
 */
export const refresh = Effect.fnUntraced(function* (
  git: Git,
  { path }: Repository,
  source: BaseSource,
  patience: Duration.Duration
) {
  const { remote, wanted } = source
  if (remote === undefined || (wanted !== undefined && COMMIT.test(wanted))) return source
  const fetched = Effect.gen(function* () {
    const branch = source.branch ?? remoteHead(yield* git.read(path, ["ls-remote", "--symref", remote, "HEAD"]))
    if (branch !== undefined) {
      const refspec = `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`
      yield* git.read(path, ["fetch", "--quiet", "--no-tags", remote, refspec])
    }
    return { ...source, branch }
  })
  return yield* fetched.pipe(
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () => new WorkspaceFailed({ detail: `no answer within ${Duration.format(patience)}`, blame: "host" })
    }),
    Effect.catchAll(({ detail }) => {
      const what = `${source.branch ?? "the default branch"} from ${remote}`
      return Effect.as(
        Effect.logWarning(`worktree: cannot fetch ${what}: ${detail}; starting from what is known here`),
        source
      )
    })
  )
})

/** The names to look for, the freshest first. */
const candidates = ({ remote, branch, wanted }: BaseSource): ReadonlyArray<string> => [
  ...(remote === undefined || branch === undefined ? [] : [`refs/remotes/${remote}/${branch}`]),
  ...(wanted !== undefined ? [wanted] : [...(remote === undefined ? [] : [`refs/remotes/${remote}/HEAD`]), "HEAD"])
]

/** The commit that work starts from. */
export const resolveBase = Effect.fnUntraced(function* (git: Git, { path }: Repository, source: BaseSource) {
  for (const name of candidates(source).filter((name) => !name.startsWith("-"))) {
    const found = yield* git.run(path, ["rev-parse", "--verify", "--quiet", `${name}^{commit}`])
    const commit = found.stdout.trim()
    if (found.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit
  }
  return yield* new WorkspaceFailed({
    detail:
      source.wanted === undefined
        ? `${path} has no commit to start from`
        : `${path} has no branch or commit ${source.wanted}`,
    blame: "config"
  })
})
