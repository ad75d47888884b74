import { Effect, type Scope } from "effect"
import * as net from "node:net"

/** Stands between a client and a server on loopback. While it is silent it keeps connections open, and swallows their bytes. */
export interface SilentProxy {
  readonly port: number
  readonly isSilent: (silent: boolean) => void
}

/** A proxy to this port, for the scope. */
export const silentProxy = (to: number): Effect.Effect<SilentProxy, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<SilentProxy & { readonly close: () => void }>((resolve) => {
          let silent = false
          const sockets = new Set<net.Socket>()
          const pass = (from: net.Socket, into: net.Socket) => {
            sockets.add(from)
            from.on("data", (bytes) => {
              if (!silent) into.write(bytes)
            })
            from.on("error", () => into.destroy())
            from.on("close", () => into.destroy())
          }
          const proxy = net.createServer((client) => {
            const server = net.connect(to, "127.0.0.1")
            pass(client, server)
            pass(server, client)
          })
          const close = () => {
            proxy.close()
            for (const socket of sockets) socket.destroy()
          }
          proxy.listen(0, "127.0.0.1", () => {
            const address = proxy.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resolve({ port, isSilent: (now) => (silent = now), close })
          })
        })
    ),
    ({ close }) => Effect.sync(close)
  )
