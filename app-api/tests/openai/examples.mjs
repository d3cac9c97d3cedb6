// The examples of the official SDK's README, against the address and with the key of the environment
// (OPENAI_BASE_URL, OPENAI_API_KEY); prints what each gave as a JSON line. The packages are in the folder
// that it is started in.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const packages = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const { default: OpenAI } = packages('openai');

const model = 'test/model';
const messages = [
  { role: 'developer', content: 'Talk like a test.' },
  { role: 'user', content: 'Say this is a test' },
];
const told = (name, value) => console.log(JSON.stringify({ name, value }));
const client = new OpenAI({ maxRetries: 0 });

const completion = await client.chat.completions.create({ model, messages });
told('completion', completion.choices[0].message.content);
told('usage', [completion.usage.prompt_tokens, completion.usage.completion_tokens]);

let said = '';
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
  said += chunk.choices[0]?.delta?.content || '';
}
told('stream', said);

let last;
const options = { include_usage: true };
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true, stream_options: options })) {
  last = chunk;
}
told('stream_usage', [last.choices.length, last.usage.total_tokens]);

const runner = client.chat.completions.stream({ model, messages });
told('helper', (await runner.finalChatCompletion()).choices[0].message.content);

const embedding = await client.embeddings.create({ model: 'test/vectors', input: ['two', 'texts'] });
told('embeddings', embedding.data.map((item) => item.embedding));

const models = [];
for await (const one of client.models.list()) models.push(one.id);
told('models', models);
told('model', (await client.models.retrieve(model)).id);

const failed = async (name, call, pick) => {
  try {
    await call();
    told(name, 'no error');
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    told(name, pick(error));
  }
};
await failed('not_found', () => client.chat.completions.create({ model: 'unknown', messages }), (error) => error.code);
await failed('authentication', () => new OpenAI({ apiKey: 'prmis_wrong', maxRetries: 0 }).models.list(), (error) => error.code);
await failed(
  'on_the_way',
  async () => {
    for await (const _ of await client.chat.completions.create({ model: 'test/error-mid', messages, stream: true }));
  },
  (error) => error.code,
);
await failed('money', () => client.chat.completions.create({ model: 'large/plain', messages, n: 100 }), (error) => [error.status, error.code]);
