import { WebSocketPort } from './websocket-port.js';

class FakeWebSocket extends EventTarget {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readyState = 0;
  sent: string[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closed = true;
    this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  drop(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event('close'));
  }
}

function connect() {
  const socket = new FakeWebSocket();
  const heard: unknown[] = [];
  const port = new WebSocketPort(socket as unknown as WebSocket);
  port.onmessage = (text) => heard.push(text);
  port.onclose = () => heard.push('closed');
  return { socket, port, heard };
}

test('what is sent before it is open waits, in order', () => {
  const { socket, port } = connect();
  port.send('1');
  port.send('2');
  expect(socket.sent).toEqual([]);
  socket.open();
  port.send('3');
  expect(socket.sent).toEqual(['1', '2', '3']);
});

test('messages are passed on', () => {
  const { socket, heard } = connect();
  socket.open();
  socket.dispatchEvent(new MessageEvent('message', { data: 'hello' }));
  expect(heard).toEqual(['hello']);
});

test('a drop is told once, and what is sent then is lost', () => {
  const { socket, port, heard } = connect();
  socket.open();
  socket.drop();
  socket.drop();
  port.send('lost');
  expect(heard).toEqual(['closed']);
  expect(socket.sent).toEqual([]);
});

test('closing does not wait for the other side', async () => {
  const { socket, port, heard } = connect();
  socket.open();
  port.close();
  expect(heard).toEqual([]);
  await Promise.resolve();
  expect(heard).toEqual(['closed']);
  expect(socket.closed).toBe(true);
});
