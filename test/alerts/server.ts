import { Effect } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { once } from "node:events"

/** A request as a server on loopback got it. */
export interface Got {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly headers: IncomingMessage["headers"]
}

/** Answers a request; `index` counts the requests from 0. */
export type Answer = (response: ServerResponse, index: number, request: IncomingMessage) => void

export const status =
  (code: number, words = "", headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end(words)

/** A real HTTP server on loopback for the scope: its address, and what it got. */
export const serverThat = (answer: Answer) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const got: Array<Got> = []
      const server = createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8")
        request.on("data", (part: string) => (body += part))
        request.on("end", () => {
          const { headers, method = "", url = "" } = request
          answer(response, got.push({ method, url, body, headers }) - 1, request)
        })
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      if (address === null || typeof address === "string") throw new Error("no port")
      return { server, got, address: new URL(`http://127.0.0.1:${address.port}/ping/SECRET-TOKEN-1234567890`) }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        server.close()
        await once(server, "close").catch(() => {})
      })
  )
