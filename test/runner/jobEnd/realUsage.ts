const SES = '"sessionID":"ses_de2023690ffetiDoaanhN5YY4r"'
const ID = `"messageID":"msg_21dfdcf5a001zClrBcMaCGrx5f",${SES}`

/** The last event of a step of opencode 1.18.33. Its model had read 1000 tokens, 600 of them from a cache. */
export const opencodeStep = (cost: number): string =>
  `{"type":"step_finish","timestamp":1795799503828,${SES},"part":{"id":"prt_21dfdd3c7001G2x6MHlr01MGuL","reason":"stop","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904",${ID},"type":"step-finish","tokens":{"total":1200,"input":400,"output":150,"reasoning":50,"cache":{"write":0,"read":600}},"cost":${cost}}}\n`

/** What `opencode run --format json` 1.18.33 printed with a model that said "All is⏎done.". */
export const OPENCODE_EVENTS =
  `{"type":"step_start","timestamp":1795799503787,${SES},"part":{"id":"prt_21dfdd39c0015TqDzO3GYdrV5i",${ID},"snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","type":"step-start"}}\n` +
  `{"type":"text","timestamp":1795799503788,${SES},"part":{"id":"prt_21dfdd39f0014bufgvZTTItCtH",${ID},"type":"text","text":"All is\\ndone.","time":{"start":1795799503775,"end":1795799503778}}}\n` +
  opencodeStep(0.00086)

const MODEL =
  '"inputTokens":1000,"outputTokens":200,"cacheReadInputTokens":600,"cacheCreationInputTokens":300,"webSearchRequests":0'

/** What `claude --print --output-format=json` 2.0.0 printed with a model that said this. */
export const claudeResult = (said: string): string =>
  `{"type":"result","subtype":"success","is_error":false,"duration_ms":160,"duration_api_ms":116,"num_turns":1,"result":${JSON.stringify(said)},"session_id":"af5bc7d5-5f57-48f8-b094-a94a39029ad6","total_cost_usd":0.009253,"usage":{"input_tokens":1000,"cache_creation_input_tokens":300,"cache_read_input_tokens":600,"output_tokens":200,"server_tool_use":{"web_search_requests":0},"service_tier":"standard","cache_creation":{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":0}},"modelUsage":{"claude-3-5-haiku-20241022":{${MODEL},"costUSD":0.001948,"contextWindow":200000},"glm-5":{${MODEL},"costUSD":0.007305,"contextWindow":200000}},"permission_denials":[],"uuid":"6c7c1db1-2952-43c3-92aa-fa3d302e5bda"}\n`
