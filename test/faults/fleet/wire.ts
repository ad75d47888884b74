import { once } from "node:events"
import * as net from "node:net"
import * as path from "node:path"

/** A moment on the wire: the transaction that writes this step is about to be committed, or has been, and its host has no answer. */
export interface Point {
  readonly step: string
  readonly when: "before" | "after"
}

/** What becomes of the bytes at the point: they go on, or they are lost with their connection. */
export type Held = "goes on" | "is lost"

/** Stands between one host and the database on loopback. What it sees of the wire tells where a dispatch is. */
export interface Wire {
  /** The address of a database by way of this wire. */
  readonly through: (address: string) => string
  /** Does this once, when the connection that comes to the point is held there. */
  readonly at: (point: Point, act: () => Promise<Held>) => void
  /** The ports from which the host's connections come, as the database sees them. */
  readonly ports: () => ReadonlyArray<number>
  /** `true`: keeps connections open, and swallows their bytes. The connections that it had then stay silent. */
  readonly isSilent: (silent: boolean) => void
  readonly close: () => void
}

/** The statements by which the steps of a tick are known. Those of an attempt write themselves down. */
const STATEMENTS: Readonly<Record<string, string>> = {
  Planning: "INSERT INTO ticks",
  Offered: "UPDATE ticks SET ended",
  Taken: "UPDATE offers SET host = $"
}

/** Whether a transaction that has sent this takes the step. */
const isStep = (sent: string, step: string): boolean => {
  const statement = STATEMENTS[step]
  if (statement !== undefined) return sent.includes(statement)
  return sent.includes("INSERT INTO steps") && sent.includes(`{"_tag":"${step}"`)
}

/** More than any transaction of the journal. */
const MOST = 1 << 20

interface Connection {
  readonly client: net.Socket
  readonly server: net.Socket
  /** What the open transaction has sent. */
  sent: string
  /** The commit at the point was sent, and not answered. */
  isCommitting: boolean
  isSilent: boolean
}

/** The number in the name of a socket's file, as Postgres names it. */
const SOCKET = 5432

/** The address of a database by way of a Unix socket in this directory. */
const bySocket = (address: string, directory: string): string => {
  const { password, pathname, username } = new URL(address)
  const place = new URLSearchParams({ host: directory, port: String(SOCKET), user: username, password })
  return `postgres://${pathname}?${place}`
}

const byPort = (address: string, port: number): string => {
  const url = new URL(address)
  url.port = String(port)
  return url.href
}

/** A wire to this port: from a port on loopback, or from a Unix socket in this directory, which needs no network. */
export const makeWire = async (to: number, directory?: string): Promise<Wire> => {
  let plan: { readonly point: Point; readonly act: () => Promise<Held> } | undefined
  let silent = false
  const connections = new Set<Connection>()

  const drop = ({ client, server }: Connection) => {
    client.destroy()
    server.destroy()
  }
  const isMute = (connection: Connection) => {
    connection.isSilent ||= silent
    return connection.isSilent
  }
  /** Holds the connection while the plan is carried out, then lets these bytes go on or drops the connection. */
  const hold = async (connection: Connection, from: net.Socket, into: net.Socket, bytes: Buffer) => {
    const { act } = plan ?? { act: () => Promise.resolve<Held>("goes on") }
    plan = undefined
    from.pause()
    const held = await act()
    if (held === "is lost") return drop(connection)
    if (!isMute(connection)) into.write(bytes)
    from.resume()
    return undefined
  }
  const isPoint = ({ sent }: Connection) => plan !== undefined && isStep(sent, plan.point.step)

  const fromClient = (connection: Connection, bytes: Buffer): void => {
    if (isMute(connection)) return
    const text = bytes.toString("latin1")
    connection.sent = (connection.sent + text).slice(-MOST)
    if (text.includes("COMMIT\0")) {
      const found = isPoint(connection)
      connection.sent = ""
      if (found && plan?.point.when === "before") {
        return void hold(connection, connection.client, connection.server, bytes)
      }
      connection.isCommitting = found
    }
    if (text.includes("ROLLBACK\0")) connection.sent = ""
    connection.server.write(bytes)
  }
  const fromServer = (connection: Connection, bytes: Buffer): void => {
    if (isMute(connection)) return
    const isHeld = connection.isCommitting && plan !== undefined && bytes.includes("COMMIT\0")
    connection.isCommitting = false
    if (isHeld) return void hold(connection, connection.server, connection.client, bytes)
    connection.client.write(bytes)
  }

  const proxy = net.createServer((client) => {
    const server = net.connect(to, "127.0.0.1")
    const connection: Connection = { client, server, sent: "", isCommitting: false, isSilent: silent }
    connections.add(connection)
    client.on("data", (bytes) => fromClient(connection, bytes))
    server.on("data", (bytes) => fromServer(connection, bytes))
    for (const socket of [client, server]) {
      socket.on("error", () => drop(connection))
      socket.on("close", () => {
        connections.delete(connection)
        drop(connection)
      })
    }
  })
  if (directory === undefined) proxy.listen(0, "127.0.0.1")
  else proxy.listen(path.join(directory, `.s.PGSQL.${SOCKET}`))
  await once(proxy, "listening")
  const at = proxy.address()
  const port = typeof at === "object" && at !== null ? at.port : 0
  return {
    through: (address) => (directory === undefined ? byPort(address, port) : bySocket(address, directory)),
    at: (point, act) => (plan = { point, act }),
    ports: () => [...connections].flatMap(({ server }) => server.localPort ?? []),
    isSilent: (now) => {
      silent = now
      for (const connection of connections) isMute(connection)
    },
    close: () => {
      proxy.close()
      for (const connection of connections) drop(connection)
    }
  }
}
