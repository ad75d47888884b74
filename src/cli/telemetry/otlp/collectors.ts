import { Either, Record } from "effect"
import { decoded, loginOf, withoutLogin } from "../../../alerts/http/address.ts"
import { variable, type Environment } from "../../../surroundings.ts"

/** What can be sent to a collector. */
export const SIGNALS = ["traces", "metrics", "logs"] as const
export type Signal = (typeof SIGNALS)[number]

const PROTOCOLS = ["http/protobuf", "http/json"] as const

/** Where one signal is sent, and how. */
export interface Collector {
  /** Without name and password: they are in the headers. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: (typeof PROTOCOLS)[number]
  /** The longest that one answer may take. Milliseconds. */
  readonly limit: number
}

/** Where telemetry is sent, by the variables of OpenTelemetry. */
export interface Collectors {
  readonly to: { readonly [S in Signal]?: Collector }
  /** The service as the collector shows it. */
  readonly service: string
  /** What else is said of this process, by the names of OpenTelemetry. */
  readonly resource: Readonly<Record<string, string>>
}

/** What the variables say, and what in them cannot be followed, in words. */
export interface Found {
  readonly collectors: Collectors | undefined
  readonly problems: ReadonlyArray<string>
}

/** OpenTelemetry's default for one export. Milliseconds. */
const LIMIT = 10_000

/** `key=value` pairs with commas between them; their values are encoded as in an address. */
const pairsOf = (text: string | undefined): Readonly<Record<string, string>> =>
  Record.fromEntries(
    (text ?? "").split(",").flatMap((pair) => {
      const at = pair.indexOf("=")
      const name = pair.slice(0, at).trim()
      return at < 1 || name === "" ? [] : [[name, decoded(pair.slice(at + 1).trim())] as const]
    })
  )

/** The variables of one signal, each with that of all signals behind it. */
const variablesOf = (environment: Environment, signal: Signal) => {
  const name = (part: string) => `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${part}`
  const read = (part: string) => {
    const [own, common] = [name(part), `OTEL_EXPORTER_OTLP_${part}`]
    const value = variable(environment, own)
    return value === undefined
      ? { from: common, value: variable(environment, common)?.trim(), isOwn: false }
      : { from: own, value: value.trim(), isOwn: true }
  }
  return read
}

/** The address of a signal: its own variable as it is, else the one of all signals with the signal's path. */
const addressOf = (text: string, signal: Signal, isOwn: boolean): URL | undefined => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined
  if (!isOwn) url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${signal}`
  return url
}

const collectorOf = (environment: Environment, signal: Signal): Either.Either<Collector | undefined, string> => {
  const exporter = variable(environment, `OTEL_${signal.toUpperCase()}_EXPORTER`)
  if (exporter !== undefined && !exporter.split(",").some((name) => name.trim() === "otlp"))
    return Either.right(undefined)
  const read = variablesOf(environment, signal)
  const endpoint = read("ENDPOINT")
  if (endpoint.value === undefined) return Either.right(undefined)
  const url = addressOf(endpoint.value, signal, endpoint.isOwn)
  if (url === undefined)
    return Either.left(
      `${endpoint.from} is no web address; it begins with http:// or https://, as in http://localhost:4318`
    )
  const asked = read("PROTOCOL")
  const protocol = PROTOCOLS.find((name) => name === (asked.value ?? PROTOCOLS[0]))
  if (protocol === undefined)
    return Either.left(`${asked.from} can be ${PROTOCOLS.join(" or ")}; a collector has them at port 4318`)
  const login = loginOf(url)
  const limit = Number(read("TIMEOUT").value)
  return Either.right({
    url: withoutLogin(url).href,
    headers: {
      ...(login === undefined ? {} : { authorization: `Basic ${login}` }),
      ...pairsOf(read("HEADERS").value)
    },
    protocol,
    limit: limit > 0 ? limit : LIMIT
  })
}

/**
 * The collectors that the environment names; `undefined` if it names none, or `OTEL_SDK_DISABLED` is true.
 *
 * @example
 * collectorsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" }).collectors?.to.traces?.url // "http://localhost:4318/v1/traces"
 */
export const collectorsOf = (environment: Environment): Found => {
  if (variable(environment, "OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true")
    return { collectors: undefined, problems: [] }
  const found = SIGNALS.map((signal) => [signal, collectorOf(environment, signal)] as const)
  const to = Record.fromEntries(
    found.flatMap(([signal, collector]) =>
      Either.isRight(collector) && collector.right !== undefined ? [[signal, collector.right] as const] : []
    )
  )
  const { "service.name": service, ...resource } = pairsOf(variable(environment, "OTEL_RESOURCE_ATTRIBUTES"))
  return {
    collectors: Record.isEmptyRecord(to)
      ? undefined
      : { to, service: variable(environment, "OTEL_SERVICE_NAME") ?? service ?? "nightly-dispatch", resource },
    problems: [...new Set(found.flatMap(([, collector]) => (Either.isLeft(collector) ? [collector.left] : [])))]
  }
}

/** The secrets in these variables: the values of the headers, with and without their scheme, and a password in an address. */
export const collectorSecrets = (environment: Environment): ReadonlyArray<string> => {
  const common = "OTEL_EXPORTER_OTLP_"
  const prefixes = [common, ...SIGNALS.map((signal) => `${common}${signal.toUpperCase()}_`)]
  const read = (name: string) => prefixes.flatMap((prefix) => variable(environment, `${prefix}${name}`)?.trim() ?? [])
  const headers = read("HEADERS")
  const values = headers.flatMap((text) => Object.values(pairsOf(text)))
  const passwords = read("ENDPOINT").flatMap((text) => (URL.canParse(text) ? decoded(new URL(text).password) : []))
  return [headers, values, values.flatMap((value) => value.split(/\s+/).slice(1)), passwords].flat()
}
