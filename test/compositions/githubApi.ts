/** The edge to a GitHub-style REST API: what its answers mean, each within a time limit. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Clock, Duration, Effect, Schema, type Redacted } from "effect"
import { CurrentSettings, TrackerFailed } from "../../src/index.ts"

export interface GithubOptions {
  /** Of the API: `https://api.github.com`. */
  readonly address: string
  readonly owner: string
  readonly repo: string
  /** The login that the token belongs to. Its comments hold the claims. */
  readonly login: string
  readonly token: Redacted.Redacted
}

const Time = Schema.transform(Schema.Date, Schema.Number, {
  strict: true,
  decode: (date) => date.getTime(),
  encode: (millis) => new Date(millis)
})
const Named = Schema.Struct({ name: Schema.String })
const User = Schema.Struct({ login: Schema.String })

export const GithubIssue = Schema.Struct({
  number: Schema.Int,
  title: Schema.String,
  body: Schema.NullOr(Schema.String),
  state: Schema.Literal("open", "closed"),
  labels: Schema.Array(Named),
  assignees: Schema.Array(User),
  created_at: Time,
  closed_at: Schema.NullOr(Time),
  issue_dependencies_summary: Schema.optional(Schema.Struct({ blocked_by: Schema.Int }))
})
export type GithubIssue = typeof GithubIssue.Type

export const GithubComment = Schema.Struct({
  id: Schema.Int,
  body: Schema.String,
  user: Schema.NullOr(User),
  created_at: Time
})
export type GithubComment = typeof GithubComment.Type

/** A row of a list of issues. The API lists pull requests with them. */
export const isPullRequest = Schema.is(Schema.Struct({ pull_request: Schema.Object }))

const PER_PAGE = 100

/** When a spent limit ends, in milliseconds since the epoch. One header has seconds from now, the other a time in seconds. */
const freeAtIn = (headers: Headers.Headers, now: number): number | undefined => {
  const [wait, end] = [headers["retry-after"], headers["x-ratelimit-reset"]]
  if (wait !== undefined && /^\d{1,7}$/.test(wait)) return now + Number(wait) * 1000
  return end !== undefined && /^\d{1,11}$/.test(end) ? Number(end) * 1000 : undefined
}

/** What an answer means that is no success. */
const refusalOf = (operation: string, { headers, status }: HttpClientResponse.HttpClientResponse, now: number) => {
  const isLimit = status === 429 || (status === 403 && headers["x-ratelimit-remaining"] === "0")
  return new TrackerFailed({
    operation,
    reason: "refused",
    detail: isLimit ? "the rate limit of the API is spent" : `the API answers ${status}`,
    freeAt: isLimit ? freeAtIn(headers, now) : undefined,
    next: status === 401 ? "Check the token" : undefined,
    blame: status === 401 ? "config" : "tracker"
  })
}

/** The calls of the API. Paths are those below the repository: `/issues/1`. */
export const makeApi = Effect.fn("github")(function* (options: GithubOptions) {
  const limit = Duration.decode((yield* CurrentSettings).timeouts.beads)
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest(HttpClientRequest.prependUrl(`${options.address}/repos/${options.owner}/${options.repo}`)),
    HttpClient.mapRequest(HttpClientRequest.bearerToken(options.token)),
    HttpClient.mapRequest(HttpClientRequest.setHeader("user-agent", "nightly-dispatch"))
  )

  /** Sends one request, and reads the answer as JSON; `undefined` if the API knows no such thing. */
  const ask = (operation: string, request: HttpClientRequest.HttpClientRequest) => {
    const fails = (reason: TrackerFailed["reason"], detail: string) =>
      new TrackerFailed({ operation, reason, detail, blame: "tracker" })
    return Effect.gen(function* () {
      const response = yield* client.execute(request)
      const { headers, status } = response
      if (status === 404 || status === 410) return undefined
      if (status < 200 || status >= 300) {
        return yield* refusalOf(operation, response, yield* Clock.currentTimeMillis)
      }
      return { json: status === 204 ? null : yield* response.json, isMore: /rel="next"/.test(headers["link"] ?? "") }
    }).pipe(
      Effect.catchTags({
        RequestError: ({ reason }) => fails("refused", `the API cannot be reached (${reason})`),
        ResponseError: ({ reason }) => fails("unreadable", `the answer cannot be read (${reason})`)
      }),
      Effect.timeoutFail({
        duration: limit,
        onTimeout: () => fails("timeout", `no answer within ${Duration.format(limit)}`)
      }),
      // An issue that moved to another repository is not this one.
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
    )
  }

  /** Decodes an answer. */
  const as =
    <A, I>(schema: Schema.Schema<A, I>, operation: string) =>
    (json: unknown): Effect.Effect<A, TrackerFailed> =>
      Effect.mapError(
        Schema.decodeUnknown(schema)(json),
        ({ message }) => new TrackerFailed({ operation, reason: "unreadable", detail: message, blame: "tracker" })
      )

  const missing = (operation: string) =>
    new TrackerFailed({ operation, reason: "refused", detail: "there is no such issue", blame: "tracker" })

  return {
    /** The thing at this path; `undefined` only if the repository can be read and has none. */
    find: Effect.fnUntraced(function* <A, I>(operation: string, path: string, schema: Schema.Schema<A, I>) {
      const answer = yield* ask(operation, HttpClientRequest.get(path))
      if (answer !== undefined) return yield* as(schema, operation)(answer.json)
      // Also 404: a token that may not read the repository.
      if ((yield* ask(operation, HttpClientRequest.get(""))) === undefined)
        return yield* new TrackerFailed({
          operation,
          reason: "refused",
          detail: "the token may not read the repository, or it is gone",
          blame: "config"
        })
      return undefined
    }),
    /** All rows of a list, of all its pages. */
    list: (operation: string, path: string, query: Record<string, string> = {}) => {
      const from = (page: number): Effect.Effect<ReadonlyArray<unknown>, TrackerFailed> =>
        Effect.gen(function* () {
          const request = HttpClientRequest.get(path, { urlParams: { ...query, per_page: PER_PAGE, page } })
          const answer = yield* ask(operation, request)
          if (answer === undefined) return yield* missing(operation)
          const rows = yield* as(Schema.Array(Schema.Unknown), operation)(answer.json)
          return answer.isMore ? [...rows, ...(yield* from(page + 1))] : rows
        })
      return from(1)
    },
    /** Changes something. Fails if there is no such thing. */
    change: (operation: string, request: HttpClientRequest.HttpClientRequest) =>
      Effect.filterOrFail(
        ask(operation, request),
        (answer) => answer !== undefined,
        () => missing(operation)
      ),
    as
  }
})
