import { assert, describe, it } from "@effect/vitest"
import { collectorSecrets, collectorsOf } from "../../../src/cli/telemetry/otlp/collectors.ts"

const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

const urlsOf = (environment: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(collectorsOf(environment).collectors?.to ?? {}).map(([name, { url }]) => [name, url])
  )

describe("collectorsOf", () => {
  it("sends nothing without an address, with a blank one, and if telemetry is off", () => {
    for (const environment of [
      {},
      { [ENDPOINT]: " " },
      { [ENDPOINT]: "http://localhost:4318", OTEL_SDK_DISABLED: "True" },
      {
        [ENDPOINT]: "http://localhost:4318",
        OTEL_TRACES_EXPORTER: "none",
        OTEL_METRICS_EXPORTER: "prometheus",
        OTEL_LOGS_EXPORTER: "console"
      }
    ])
      assert.deepStrictEqual(collectorsOf(environment), { collectors: undefined, problems: [] })
  })

  it("adds the signal's path to the common address, and takes a signal's own address as it is", () => {
    assert.deepStrictEqual(urlsOf({ [ENDPOINT]: "http://localhost:4318/base/" }), {
      traces: "http://localhost:4318/base/v1/traces",
      metrics: "http://localhost:4318/base/v1/metrics",
      logs: "http://localhost:4318/base/v1/logs"
    })
    assert.deepStrictEqual(urlsOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://t.example/in?x=1" }), {
      traces: "https://t.example/in?x=1"
    })
    assert.deepStrictEqual(
      urlsOf({
        [ENDPOINT]: "http://localhost:4318",
        OTEL_LOGS_EXPORTER: "console, otlp",
        OTEL_TRACES_EXPORTER: "none"
      }),
      { metrics: "http://localhost:4318/v1/metrics", logs: "http://localhost:4318/v1/logs" }
    )
  })

  it("reads headers, a login, protocol, time limit and resource, those of a signal before the common ones", () => {
    const { collectors, problems } = collectorsOf({
      [ENDPOINT]: "http://me:pass%20word@localhost:4318",
      OTEL_EXPORTER_OTLP_HEADERS: "x-team=night%20shift, bad, =worse",
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: "authorization=Bearer%20abc",
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "soon",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=mine,deployment.environment.name=home%2Clab"
    })
    const login = `Basic ${Buffer.from("me:pass word").toString("base64")}`
    const common = { headers: { authorization: login, "x-team": "night shift" }, protocol: "http/protobuf" }
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(collectors, {
      to: {
        traces: { ...common, url: "http://localhost:4318/v1/traces", limit: 2000 },
        metrics: { ...common, url: "http://localhost:4318/v1/metrics", limit: 10_000 },
        logs: {
          url: "http://localhost:4318/v1/logs",
          headers: { authorization: "Bearer abc" },
          protocol: "http/json",
          limit: 2000
        }
      },
      service: "mine",
      resource: { "deployment.environment.name": "home,lab" }
    } as unknown)
    assert.strictEqual(
      collectorsOf({
        [ENDPOINT]: "http://a",
        OTEL_SERVICE_NAME: "yours",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=mine"
      }).collectors?.service,
      "yours"
    )
  })

  it("says once what cannot be followed, and never repeats an address", () => {
    for (const address of ["collector-7", "otel:4318", "grpc://SECRET@host:4317"]) {
      const { collectors, problems } = collectorsOf({ [ENDPOINT]: address })
      assert.isUndefined(collectors)
      assert.lengthOf(problems, 1)
      assert.match(problems[0] ?? "", /^OTEL_EXPORTER_OTLP_ENDPOINT is no web address/)
      assert.notInclude(problems[0], address)
    }
    assert.deepStrictEqual(collectorsOf({ [ENDPOINT]: "http://localhost:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }), {
      collectors: undefined,
      problems: ["OTEL_EXPORTER_OTLP_PROTOCOL can be http/protobuf or http/json; a collector has them at port 4318"]
    })
  })

  it("names the secrets in the variables", () => {
    const secrets = collectorSecrets({
      [ENDPOINT]: "http://me:pass%20word@localhost:4318",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "authorization=Bearer%20abcdefgh12345"
    })
    for (const secret of ["pass word", "Bearer abcdefgh12345", "abcdefgh12345"]) assert.include(secrets, secret)
  })
})
