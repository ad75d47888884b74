import * as net from "node:net"
import { call } from "../fixtures/bd/main.js"

/**
 * A call as `bin/bd` sends it: the number of variables, the variables, the number of arguments, the arguments, each with a NUL
 * behind it. `undefined` while a part is missing.
 */
const decode = (bytes: Buffer) => {
  const [count = "", ...rest] = bytes.toString().split("\0")
  const variables = rest.slice(0, Number(count))
  const args = rest.slice(variables.length + 1, -1)
  // The last NUL leaves an empty text behind it.
  const complete = rest.length === variables.length + args.length + 2 && args.length === Number(rest[variables.length])
  return complete ? { variables, args } : undefined
}

/** The call's answer. An error, such as a body file that went with its ended caller, is the call's own, never the server's. */
const attempt: typeof call = (args, env) => {
  try {
    return call(args, env)
  } catch (error) {
    return { after: undefined, exit: 1, stderr: `${String(error)}\n`, stdout: "" }
  }
}

const answer = (bytes: Buffer): string | undefined => {
  const request = decode(bytes)
  if (request === undefined) return undefined
  const env = Object.fromEntries(
    request.variables.map((variable) => {
      const at = variable.indexOf("=")
      return [variable.slice(0, at), variable.slice(at + 1)] as const
    })
  )
  const { after = "", exit, stderr, stdout } = attempt(request.args, env)
  return [exit, after, stderr, stdout].map((field) => `${field}\0`).join("")
}

let listening: Promise<number> | undefined

/** Starts the server that answers the calls of `bin/bd`, on loopback; gives its port. It does not keep the process alive. */
export const bdServer = (): Promise<number> =>
  (listening ??= new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      let bytes = Buffer.alloc(0)
      socket.on("data", (chunk) => {
        bytes = Buffer.concat([bytes, chunk])
        const text = answer(bytes)
        if (text !== undefined) socket.end(text)
      })
      // The caller was killed. Its call is answered all the same.
      socket.on("error", () => socket.destroy())
    })
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      server.unref()
      const address = server.address()
      if (address === null || typeof address === "string") reject(new Error("no port"))
      else resolve(address.port)
    })
  }))
