/**
 * A tracker on GitHub issues: issue 7 is the bug `gh-7`.
 *
 * A claim is a comment that names the actor: of several, the oldest holds. The server numbers comments one after another, so of
 * simultaneous claims exactly one wins. A person takes an issue over by assigning it to somebody else than this login.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Either, Layer, Schema } from "effect"
import * as Dispatch from "../../src/index.ts"
import { GithubComment, GithubIssue, isPullRequest, makeApi, type GithubOptions } from "./githubApi.ts"
import { idOf, IN_PROGRESS, marked, numberOf, toIssue } from "./githubIssue.ts"

const make = Effect.fn("githubTracker")(function* (options: GithubOptions) {
  const api = yield* makeApi(options)

  /** The whole of an issue, and its claims. */
  const whole = Effect.fnUntraced(function* (operation: string, row: GithubIssue) {
    const path = `/issues/${row.number}`
    const isBlocked = (row.issue_dependencies_summary?.blocked_by ?? 0) > 0
    const [blockers, comments] = yield* Effect.all([
      isBlocked ? api.list(operation, `${path}/dependencies/blocked_by`) : Effect.succeed([]),
      api.list(operation, `${path}/comments`)
    ])
    const open = (yield* api.as(Schema.Array(GithubIssue), operation)(blockers)).filter(({ state }) => state === "open")
    const read = yield* api.as(Schema.Array(GithubComment), operation)(comments)
    return toIssue(
      options.login,
      row,
      open.map(({ number }) => idOf(number)),
      read
    )
  })

  const read = Effect.fnUntraced(function* (id: Dispatch.BeadsId) {
    const number = numberOf(id)
    const row = number && (yield* api.find(`show ${id}`, `/issues/${number}`, Schema.Unknown))
    // A pull request has a number like an issue.
    if (row === undefined || isPullRequest(row)) return undefined
    return yield* whole(`show ${id}`, yield* api.as(GithubIssue, `show ${id}`)(row))
  })
  const show = (id: Dispatch.BeadsId) => Effect.map(read(id), (found) => found?.issue)

  const send = (operation: string, id: Dispatch.BeadsId, request: HttpClientRequest.HttpClientRequest, body?: object) =>
    api.change(`${operation} ${id}`, body ? HttpClientRequest.bodyUnsafeJson(request, body) : request)
  const pathOf = (id: Dispatch.BeadsId, rest: string) => `/issues/${numberOf(id) ?? "none"}${rest}`
  const add = (operation: string, id: Dispatch.BeadsId, to: string, body: object) =>
    send(operation, id, HttpClientRequest.post(pathOf(id, to)), body)
  const remove = (operation: string, id: Dispatch.BeadsId, label: string) =>
    send(operation, id, HttpClientRequest.del(pathOf(id, `/labels/${encodeURIComponent(label)}`)))

  /** All open issues, each once: an issue may move to the next page while the pages are read. */
  const openRows = Effect.fnUntraced(function* (operation: string, query: Record<string, string> = {}) {
    const rows = yield* api.list(operation, "/issues", { state: "open", ...query })
    const issues = new Map<number, GithubIssue>()
    const malformed: Array<Dispatch.MalformedIssue> = []
    for (const [position, row] of rows.filter((row) => !isPullRequest(row)).entries()) {
      const issue = Schema.decodeUnknownEither(GithubIssue)(row)
      if (Either.isRight(issue)) issues.set(issue.right.number, issue.right)
      else malformed.push(new Dispatch.MalformedIssue({ label: `#${position}`, problem: issue.left.message }))
    }
    return { issues: [...issues.values()], malformed }
  })

  /** Removes the claim comments of the actor. */
  const forget = Effect.fnUntraced(function* (operation: string, id: Dispatch.BeadsId, actor: Dispatch.Actor) {
    const claims = ((yield* read(id))?.claims ?? []).filter((claim) => claim.actor === actor)
    for (const claim of claims) yield* send(operation, id, HttpClientRequest.del(`/issues/comments/${claim.id}`))
  })

  const claim = Effect.fnUntraced(function* (id: Dispatch.BeadsId, actor: Dispatch.Actor, seen?: Dispatch.Issue) {
    const before = Dispatch.claimStateOf(id, seen ?? (yield* show(id)), actor)
    if (before._tag === "Ours") return new Dispatch.Claim({ id, actor })
    if (before._tag === "Unavailable") return yield* before.failure
    // A call that fails may have been done. The read that follows says so.
    const written = yield* Effect.either(
      Effect.gen(function* () {
        yield* add("claim", id, "/comments", marked("claim", actor))
        if ((yield* show(id))?.assignee !== actor) return
        yield* add("claim", id, "/labels", { labels: [IN_PROGRESS] })
        yield* add("claim", id, "/assignees", { assignees: [options.login] })
      })
    )
    const unknown = (detail: string) => new Dispatch.ClaimFailed({ beads: id, reason: "unknown", detail })
    const after = yield* Effect.mapError(show(id), ({ message }) => unknown(`it cannot be read back: ${message}`))
    const state = Dispatch.claimStateOf(id, after, actor)
    if (state._tag === "Ours") return new Dispatch.Claim({ id, actor })
    yield* Effect.mapError(forget("claim", id, actor), ({ message }) => unknown(`its comment may be left: ${message}`))
    if (state._tag === "Unavailable") return yield* state.failure
    return yield* Either.isLeft(written) ? written.left : unknown("somebody removed the claim at once")
  })

  const release = Effect.fnUntraced(function* (id: Dispatch.BeadsId, actor: Dispatch.Actor) {
    const before = yield* show(id)
    const wasOurs = Dispatch.isOurs(id, before, actor)
    if (wasOurs) {
      yield* send("release", id, HttpClientRequest.del(pathOf(id, "/assignees")), { assignees: [options.login] })
      yield* remove("release", id, IN_PROGRESS)
    }
    // Also where the claim is not ours any more: the comment would be one again once the new holder is gone.
    yield* forget("release", id, actor)
    const after = yield* show(id)
    return wasOurs && after?.assignee !== actor ? ({ _tag: "Released" } as const) : Dispatch.notOurs(after)
  })

  const present = Effect.fnUntraced(function* (operation: string, id: Dispatch.BeadsId) {
    const issue = yield* show(id)
    const detail = "there is no such issue"
    const none = { operation: `${operation} ${id}`, reason: "refused", detail, blame: "tracker" } as const
    return issue ?? (yield* new Dispatch.TrackerFailed(none))
  })

  return Dispatch.BeadsCli.of({
    version: Effect.as(api.find("version", "", Schema.Unknown), `GitHub issues of ${options.owner}/${options.repo}`),
    openBugs: Effect.fnUntraced(function* (filter) {
      const { issues: rows, malformed } = yield* openRows("list")
      const known = rows.map((row) => toIssue(options.login, row, [], []).issue)
      const wanted = rows.filter((_, n) => known[n] && Dispatch.isWanted(known[n], filter))
      const issues = yield* Effect.forEach(wanted, (row) => whole("list", row), { concurrency: 4 })
      const others = issues.length + malformed.length === 0 ? Dispatch.othersIn(known, filter) : undefined
      return new Dispatch.Intake({ issues: issues.map(({ issue }) => issue), malformed, others })
    }),
    show,
    claim,
    release,
    leases: Effect.succeed("none"),
    heartbeat: (id, actor) =>
      Effect.map(show(id), (issue) =>
        Dispatch.isOurs(id, issue, actor) ? { _tag: "Alive", leaseExpiresAt: undefined } : Dispatch.notOurs(issue)
      ),
    claimsOf: Effect.fnUntraced(function* (prefix) {
      const { issues, malformed } = yield* openRows("claims", { labels: IN_PROGRESS })
      const [first] = malformed
      if (first !== undefined)
        return yield* new Dispatch.TrackerFailed({
          operation: "claims",
          reason: "unreadable",
          detail: `${first.label}: ${first.problem}`,
          blame: "tracker"
        })
      const all = yield* Effect.forEach(issues, (row) => whole("claims", row), { concurrency: 4 })
      return all.map(({ issue }) => issue).filter(({ assignee }) => assignee?.startsWith(prefix))
    }),
    label: (id, _actor, label) => Effect.asVoid(add("label", id, "/labels", { labels: [label] })),
    unlabel: Effect.fnUntraced(function* (id, _actor, label) {
      if ((yield* present("unlabel", id)).labels.includes(label)) yield* remove("unlabel", id, label)
    }),
    close: Effect.fnUntraced(function* (id, actor, reason) {
      if ((yield* present("close", id)).status === "closed") return
      yield* add("close", id, "/comments", marked("note", actor, reason))
      yield* send("close", id, HttpClientRequest.patch(pathOf(id, "")), { state: "closed", state_reason: "completed" })
    }),
    comment: (id, actor, text) => Effect.asVoid(add("comment", id, "/comments", marked("note", actor, text)))
  })
})

/**
 * The tracker of a repository. Needs an HTTP client; each call has the time of `timeouts.beads`.
 *
 * @example
 * layer(settings, here, { beads: githubTracker(options).pipe(Layer.provide(FetchHttpClient.layer)) })
 */
export const githubTracker = (options: GithubOptions) => Layer.effect(Dispatch.BeadsCli, make(options))
