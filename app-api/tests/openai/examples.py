"""The examples of the official SDK's README, against the address and with the key of the environment
(OPENAI_BASE_URL, OPENAI_API_KEY); prints what each gave as a JSON line."""

import asyncio
import json

import openai
from openai import AsyncOpenAI, OpenAI

MODEL = "test/model"
QUESTION = [
    {"role": "developer", "content": "Talk like a test."},
    {"role": "user", "content": "Say this is a test"},
]


def told(name, value):
    print(json.dumps({"name": name, "value": value}), flush=True)


client = OpenAI(max_retries=0)

completion = client.chat.completions.create(model=MODEL, messages=QUESTION)
told("completion", completion.choices[0].message.content)
told("usage", [completion.usage.prompt_tokens, completion.usage.completion_tokens])

stream = client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
told("stream", "".join(chunk.choices[0].delta.content or "" for chunk in stream))

stream = client.chat.completions.create(
    model=MODEL, messages=QUESTION, stream=True, stream_options={"include_usage": True}
)
*chunks, last = list(stream)
told("stream_usage", [len(last.choices), last.usage.total_tokens])

with client.chat.completions.stream(model=MODEL, messages=QUESTION) as events:
    told("helper", events.get_final_completion().choices[0].message.content)

embedding = client.embeddings.create(model="test/vectors", input=["two", "texts"])
told("embeddings", [item.embedding for item in embedding.data])

told("models", [model.id for model in client.models.list()])
told("model", client.models.retrieve(MODEL).id)


async def asynchronous():
    stream = await AsyncOpenAI().chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


told("async", asyncio.run(asynchronous()))

try:
    client.chat.completions.create(model="unknown", messages=QUESTION)
except openai.NotFoundError as error:
    told("not_found", error.code)
try:
    OpenAI(api_key="prmis_wrong", max_retries=0).models.list()
except openai.AuthenticationError as error:
    told("authentication", error.code)
try:
    list(client.chat.completions.create(model="test/error-mid", messages=QUESTION, stream=True))
except openai.APIError as error:
    told("on_the_way", error.code)
try:
    client.chat.completions.create(model="large/plain", messages=QUESTION, n=100)
except openai.APIStatusError as error:
    told("money", [error.status_code, error.code])
