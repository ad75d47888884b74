/** A small fake of the part of GitHub's REST API that the tracker uses, on loopback. It can be stubborn. */
import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage } from "node:http"
import type { SeedIssue } from "../../src/testing/index.ts"

export const LOGIN = "dispatch-bot"

interface Row {
  readonly number: number
  title: string
  body: string
  state: "open" | "closed"
  labels: ReadonlyArray<string>
  assignees: ReadonlyArray<string>
  readonly created_at: string
  closed_at: string | null
  readonly blockedBy: ReadonlyArray<number>
}
interface Comment {
  readonly id: number
  readonly issue: number
  readonly user: string
  readonly body: string
  readonly created_at: string
}

/**
 * What the server does instead, at the first request that matches. `answer`: it does nothing and answers this. `late`: it does
 * what was asked, and answers this. `hang`: it does it and never answers.
 */
export interface Fault {
  readonly on: RegExp
  readonly answer?: number
  readonly late?: number
  readonly hang?: true
  readonly headers?: Readonly<Record<string, string>>
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const part of request) text += String(part)
  return text
}

/** GitHub lists pull requests with the issues. */
const PULL_REQUEST = { number: 9999, title: "a fix", pull_request: {} }
const MARK = "nightly-dispatch/"

/** The server's state. `numberOf`: the number that a seed's issue got. */
export const makeState = (seed: ReadonlyArray<SeedIssue>) => {
  const numbers = new Map(seed.map(({ id }, n) => [id, n + 1]))
  const numberOf = (id: string) => numbers.get(id) ?? 0
  const comments: Array<Comment> = []
  const comment = (issue: number, user: string, body: string): Comment => {
    const made = { id: comments.length + 1, issue, user, body, created_at: "2026-01-05T00:00:00Z" }
    comments.push(made)
    return made
  }
  const rows = seed.map((issue): Row => {
    const { assignee, status = "open" } = issue
    const isOurs = assignee?.startsWith(MARK) === true
    if (isOurs) comment(numberOf(issue.id), LOGIN, `<!-- nightly-dispatch claim ${assignee} -->\n`)
    return {
      number: numberOf(issue.id),
      title: issue.title,
      body: issue.description ?? "",
      state: status === "closed" ? "closed" : "open",
      labels: [
        `P${issue.priority}`,
        issue.type ?? "bug",
        ...(issue.labels ?? []),
        ...(status === "in_progress" ? ["in progress"] : status === "blocked" ? ["blocked"] : [])
      ],
      assignees: assignee === undefined ? [] : [isOurs ? LOGIN : assignee],
      created_at: issue.createdAt ?? "2026-01-01T00:00:00Z",
      closed_at: issue.closedAt ?? null,
      blockedBy: (issue.blockedBy ?? []).map(numberOf)
    }
  })
  return { rows, comments, comment, numberOf }
}
type State = ReturnType<typeof makeState>

const shown = ({ rows }: State, { assignees, blockedBy, labels, ...row }: Row) => ({
  ...row,
  labels: labels.map((name) => ({ name })),
  assignees: assignees.map((login) => ({ login })),
  issue_dependencies_summary: {
    blocked_by: blockedBy.filter((n) => rows.some(({ number, state }) => number === n && state === "open")).length
  }
})
const shownComment = ({ user, ...rest }: Comment) => ({ ...rest, user: { login: user } })

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: { labels?: Array<string>; assignees?: Array<string>; body?: string; state?: "open" | "closed" }
}
interface Answer {
  readonly status: number
  readonly json?: unknown
  readonly list?: ReadonlyArray<unknown>
}

/** What the API does and answers. */
const answerTo = (state: State, { body, method, path, query }: Asked): Answer => {
  if (path === "") return { status: 200, json: { full_name: "o/r" } }
  const gone = /^\/issues\/comments\/(\d+)$/.exec(path)
  if (gone !== null) {
    const at = state.comments.findIndex(({ id }) => id === Number(gone[1]))
    if (at < 0) return { status: 404 }
    state.comments[at] = { ...state.comments[at]!, issue: 0 }
    return { status: 204 }
  }
  if (path === "/issues") {
    const wanted = query.get("labels")
    const open = state.rows.filter((row) => row.state === "open" && (wanted === null || row.labels.includes(wanted)))
    return { status: 200, list: [PULL_REQUEST, ...open.map((row) => shown(state, row))] }
  }
  const [, number, rest = ""] = /^\/issues\/(\d+)(\/.*)?$/.exec(path) ?? []
  const row = state.rows.find((each) => each.number === Number(number))
  if (number === String(PULL_REQUEST.number)) return { status: 200, json: PULL_REQUEST }
  if (row === undefined) return { status: 404 }
  if (rest === "/dependencies/blocked_by")
    return {
      status: 200,
      list: state.rows.filter((each) => row.blockedBy.includes(each.number)).map((each) => shown(state, each))
    }
  if (rest === "/comments" && method === "GET")
    return { status: 200, list: state.comments.filter(({ issue }) => issue === row.number).map(shownComment) }
  if (rest === "/comments")
    return { status: 201, json: shownComment(state.comment(row.number, LOGIN, body.body ?? "")) }
  if (rest === "/labels") row.labels = [...new Set([...row.labels, ...(body.labels ?? [])])]
  if (rest === "/assignees" && method === "POST")
    row.assignees = [...new Set([...row.assignees, ...(body.assignees ?? [])])]
  if (rest === "/assignees" && method === "DELETE")
    row.assignees = row.assignees.filter((each) => !body.assignees?.includes(each))
  if (rest.startsWith("/labels/")) {
    const label = decodeURIComponent(rest.slice("/labels/".length))
    if (!row.labels.includes(label)) return { status: 404 }
    row.labels = row.labels.filter((each) => each !== label)
  }
  if (method === "PATCH" && body.state === "closed")
    Object.assign(row, { state: "closed", closed_at: "2026-01-06T00:00:00Z" })
  return { status: 200, json: shown(state, row) }
}

/** The server with these issues. `faults` is read at each request: a test may add some. */
export const githubServer = (
  seed: ReadonlyArray<SeedIssue>,
  faults: Array<Fault> = []
): Effect.Effect<State & { readonly address: string }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const state = makeState(seed)
    const server = createServer(async (request, response) => {
      const url = new URL(request.url ?? "", "http://127.0.0.1")
      const text = await textOf(request)
      const method = request.method ?? ""
      const path = url.pathname.replace(/^\/repos\/o\/r/, "").replace(/^\/$/, "")
      const at = faults.findIndex(({ on }) => on.test(`${method} ${path}`))
      const [fault] = at < 0 ? [] : faults.splice(at, 1)
      const say = (status: number, headers: Readonly<Record<string, string>> = {}, json?: unknown) => {
        response.writeHead(status, { "content-type": "application/json", ...headers })
        response.end(
          json === undefined ? (status === 204 ? undefined : JSON.stringify({ message: "no" })) : JSON.stringify(json)
        )
      }
      if (fault?.answer !== undefined) return say(fault.answer, fault.headers)
      const answer = answerTo(state, {
        method,
        path,
        query: url.searchParams,
        body: text === "" ? {} : JSON.parse(text)
      })
      if (fault?.hang === true) return
      if (fault?.late !== undefined) return say(fault.late, fault.headers)
      if (answer.list === undefined) return say(answer.status, {}, answer.json)
      const size = Math.min(Number(url.searchParams.get("per_page") ?? 30), 25)
      const page = Number(url.searchParams.get("page") ?? 1)
      const isMore = answer.list.length > page * size
      return say(
        answer.status,
        isMore ? { link: `<${url.href}>; rel="next"` } : {},
        answer.list.slice((page - 1) * size, page * size)
      )
    })
    const port = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      }),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    return { ...state, address: `http://127.0.0.1:${port}` }
  })
