import { Clock, Duration, Effect, Ref } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { keyedMutex } from "../../domain/keyedMutex.ts"
import type { Git } from "./command.ts"
import { gitFailed } from "./failure.ts"
import { mainRemote, remoteHead } from "./output.ts"
import type { Repository } from "../../domain/Repository.ts"

/** Where to look for the commit that work starts from. */
interface BaseSource {
  readonly remote: string | undefined
  /** The branch of the remote; `undefined` for its default branch. */
  readonly branch: string | undefined
  /** The branch or commit in the settings. */
  readonly configured: string | undefined
}

const baseSource = Effect.fnUntraced(function* (git: Git, path: string, configured: string | undefined) {
  const remotes = yield* git.settled(path, ["remote"])
  if (remotes.exitCode !== 0) return yield* gitFailed(remotes)
  const remote = mainRemote(remotes.stdout)
  const branch =
    remote !== undefined && configured?.startsWith(`${remote}/`) ? configured.slice(remote.length + 1) : configured
  return { remote, branch, configured }
})

/** Without it git would run the one that the repository's settings name. */
export const UPLOAD_PACK = "--upload-pack=git-upload-pack"

const COMMIT = /^[0-9a-f]{7,64}$/

/** What was fetched last, by clone and configured name, and when, in milliseconds since the epoch. */
type LastFetches = ReadonlyMap<string, { readonly at: number; readonly source: BaseSource }>

/** How to fetch. */
export interface Fetching {
  readonly timeout: Duration.Duration
  /** The clones whose fetch failed in this run. Their remotes are not waited for again. */
  readonly failed: Ref.Ref<ReadonlySet<string>>
  readonly last: Ref.Ref<LastFetches>
  /** One fetch for each clone at a time. */
  readonly alone: ReturnType<typeof keyedMutex<string>>
}

/** The bugs of one run share a fetch that is not older. */
const FRESH = Duration.seconds(20)

/** For the fetches of layers that have this long for one workspace: half of it. What fails is remembered by all who share this. */
export const makeFetching = (timeout: Duration.Duration): Effect.Effect<Fetching> =>
  Effect.gen(function* () {
    const failed = yield* Ref.make<ReadonlySet<string>>(new Set())
    const last = yield* Ref.make<LastFetches>(new Map())
    return { timeout: Duration.times(timeout, 0.5), failed, last, alone: keyedMutex<string>() }
  })

/**
 * Fetches the remote's branch, unless that was done a moment ago. When that fails or takes too long, logs a warning: the clone
 * may have an older commit. Does not try again in the same run.
 */
const fetchBase = Effect.fnUntraced(function* (git: Git, path: string, source: BaseSource, fetching: Fetching) {
  const { configured, remote } = source
  const { failed, last, timeout } = fetching
  if (remote === undefined || (configured !== undefined && COMMIT.test(configured))) return source
  if ((yield* Ref.get(failed)).has(path)) return source
  const [key, now] = [`${path} ${configured ?? ""}`, yield* Clock.currentTimeMillis]
  const before = (yield* Ref.get(last)).get(key)
  if (before !== undefined && before.at <= now && now - before.at < Duration.toMillis(FRESH)) return before.source
  const fetched = Effect.gen(function* () {
    const branch =
      source.branch ?? remoteHead(yield* git.read(path, ["ls-remote", UPLOAD_PACK, "--symref", remote, "HEAD"]))
    if (branch !== undefined) {
      const refspec = `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`
      yield* git.read(path, ["fetch", UPLOAD_PACK, "--quiet", "--no-tags", remote, refspec])
    }
    const found = { ...source, branch }
    yield* Ref.update(last, (all) => new Map(all).set(key, { at: now, source: found }))
    return found
  })
  return yield* fetched.pipe(
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () =>
        new WorkspaceFailed({ detail: `no answer within ${Duration.format(timeout)}`, kind: "timeout", blame: "host" })
    }),
    Effect.catchAll(({ advice }) => {
      const what = `${source.branch ?? "the default branch"} from ${remote}`
      const next = `starting from the last commit that ${path} has, for all bugs of this run`
      return Effect.zipRight(
        Ref.update(failed, (clones) => new Set([...clones, path])),
        Effect.as(Effect.logWarning(`worktree: cannot fetch ${what}: ${advice}; ${next}`), source)
      )
    })
  )
})

/** The names to look up, the freshest first. */
const candidates = ({ branch, configured, remote }: BaseSource): ReadonlyArray<string> => [
  ...(remote === undefined || branch === undefined ? [] : [`refs/remotes/${remote}/${branch}`]),
  ...(configured !== undefined
    ? [configured]
    : [...(remote === undefined ? [] : [`refs/remotes/${remote}/HEAD`]), "HEAD"])
]

/** The commit that work starts from. */
export interface Base {
  readonly commit: string
  /** By which it was found: `refs/remotes/origin/main`, `HEAD`, or what the settings name. */
  readonly name: string
}

const resolve = Effect.fnUntraced(function* (git: Git, path: string, source: BaseSource) {
  for (const name of candidates(source).filter((name) => !name.startsWith("-"))) {
    const found = yield* git.run(path, ["rev-parse", "--verify", "--quiet", `${name}^{commit}`])
    const commit = found.stdout.trim()
    if (found.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return { commit, name } satisfies Base
  }
  const { configured } = source
  const missing = configured === undefined ? "commit to start from" : `branch or commit ${configured}`
  const next = configured === undefined ? "Make a first commit" : "Correct workspace.base"
  return yield* new WorkspaceFailed({ detail: `${path} has no ${missing}`, next, kind: "no_base", blame: "config" })
})

/** The base, without the network: the clone may have an older commit. */
export const localNamedBase = (git: Git, { path }: Repository, configured?: string) =>
  Effect.flatMap(baseSource(git, path, configured), (source) => resolve(git, path, source))

/** The base, fetched from the remote if it answers in time. */
export const freshNamedBase = (git: Git, { path }: Repository, fetching: Fetching, configured?: string) =>
  baseSource(git, path, configured).pipe(
    Effect.flatMap((source) => fetching.alone(path)(fetchBase(git, path, source, fetching))),
    Effect.flatMap((source) => resolve(git, path, source))
  )

/** The commit of `localNamedBase`. */
export const localBase = (git: Git, repository: Repository, configured?: string) =>
  Effect.map(localNamedBase(git, repository, configured), ({ commit }) => commit)

/** The commit of `freshNamedBase`. */
export const freshBase = (git: Git, repository: Repository, fetching: Fetching, configured?: string) =>
  Effect.map(freshNamedBase(git, repository, fetching, configured), ({ commit }) => commit)

/** The base's name for a person: `origin/main`. */
export const shownName = Effect.fnUntraced(function* (git: Git, clone: string, { commit, name }: Base) {
  if (!/(?:^|\/)HEAD$/.test(name)) return name.replace(/^refs\/(?:heads|remotes)\//, "")
  const { exitCode, stdout } = yield* git.run(clone, ["rev-parse", "--abbrev-ref", name])
  const shown = stdout.trim()
  return exitCode !== 0 || shown === "" || shown === "HEAD" ? commit.slice(0, 7) : shown
})
