import { isDeviceSupported, Room } from './consomme-client.js';

const element = (id) => document.getElementById(id);

/* What is said in words. */

const STATES = {
  new: '',
  connecting: 'Connecting…',
  connected: 'Connected',
  disconnected: 'Connection lost. Trying again…',
  failed: 'No connection',
  closed: '',
};

const GONE = {
  removed: 'You were removed from the room.',
  'room closed': 'The room was closed.',
  'server closed': 'The server was stopped. When it is back, you can join again.',
  'worker died': 'The server had a problem and is not back yet. Wait a little, then join again.',
  'connection lost': 'The connection to the server was lost. Check your network, then join again.',
  failed: 'Sound and picture no longer get through. Check your network, then join again.',
};

const QUALITIES = {
  excellent: 'Connection excellent',
  good: 'Connection good',
  poor: 'Connection poor',
  lost: 'Connection lost',
};

function joinProblem(error, name) {
  if (error.name === 'DuplicatePeerError') return `Somebody called ${name} is in this room already.`;
  if (error.name === 'ForbiddenError') return 'The server does not let you into this room.';
  if (error.name === 'UnsupportedError')
    return 'This browser is too old for video calls, or has them turned off.';
  return 'The server cannot be reached. Check your network, then try again.';
}

function deviceProblem(error, device) {
  if (!navigator.mediaDevices) {
    return `The browser gives the ${device} to secure pages only. Open this page by https, or on localhost.`;
  }
  if (error.name === 'NotAllowedError') {
    return `This page may not use your ${device}. Allow it in the browser's address bar, then try again.`;
  }
  if (error.name === 'NotFoundError') return `No ${device} was found.`;
  if (error.name === 'NotReadableError')
    return `The ${device} does not start. Perhaps another program uses it.`;
  return `The ${device} cannot be used: ${error.message}`;
}

let noticeTimer;

function notice(text) {
  const box = element('notice');
  box.textContent = text;
  box.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    box.hidden = true;
    layOut();
  }, 12_000);
  layOut();
}

function announce(text) {
  element('announcement').textContent = text;
}

/* Tiles: one for each participant, and one for each shared screen. */

/** By what they show, 'person' or 'screen', then a space and the name. */
const tiles = new Map();

function tileOf(what, name, { own = false } = {}) {
  const known = tiles.get(`${what} ${name}`);
  if (known) return known;
  const figure = element('tile').content.firstElementChild.cloneNode(true);
  const video = figure.querySelector('video');
  const pin = figure.querySelector('.pin');
  const tile = { what, name, figure, video, pin, muted: figure.querySelector('.muted') };
  const label = own ? `${name} (you)` : name;
  figure.querySelector('.name').textContent = what === 'screen' ? `${label}: screen` : label;
  figure.querySelector('.avatar').textContent = initials(name);
  figure.style.setProperty('--hue', hue(name));
  figure.classList.toggle('own', own);
  figure.classList.add(what);
  figure.querySelector('.bars').hidden = what === 'screen';
  pin.querySelector('span').textContent = `Show ${figure.querySelector('.name').textContent} large`;
  pin.addEventListener('click', () => togglePin(tile));
  video.muted = true;
  // The avatar stays until there is a picture.
  video.addEventListener('loadeddata', () => video.classList.add('playing'));
  video.addEventListener('emptied', () => video.classList.remove('playing'));
  tiles.set(`${what} ${name}`, tile);
  element('stage').append(figure);
  layOut();
  return tile;
}

function removeTile(tile) {
  tile.figure.remove();
  tiles.delete(`${tile.what} ${tile.name}`);
  if (pinned === tile) pinned = undefined;
  layOut();
}

/** Of one's own: what others send is attached. */
function showVideo({ video }, track) {
  video.srcObject = track ? new MediaStream([track]) : null;
}

function showQuality({ figure }, quality) {
  const bars = figure.querySelector('.bars');
  bars.dataset.quality = quality;
  bars.setAttribute('aria-label', QUALITIES[quality]);
  bars.title = QUALITIES[quality];
}

/** `silent`: there is no microphone, or it is off. */
function showMuted({ muted, figure }, silent) {
  muted.toggleAttribute('hidden', !silent);
  figure.setAttribute('aria-label', figure.querySelector('.name').textContent + (silent ? ', muted' : ''));
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}

function hue(name) {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
}

/** By the one who looks: it is large, whoever shares a screen. */
let pinned;

function togglePin(tile) {
  pinned = pinned === tile ? undefined : tile;
  announce(pinned ? `${tile.figure.querySelector('.name').textContent} is shown large` : 'Nobody is pinned');
  layOut();
}

/** What is pinned, else the screen that was shared last. */
function largeTile() {
  return pinned ?? [...tiles.values()].findLast(({ what }) => what === 'screen');
}

const SHAPE = 16 / 9;
const SMALLEST = 150;

/** The greatest width at which so many tiles fit. */
function tileWidth(count, width, height, gap) {
  const widths = Array.from({ length: count }, (_, index) => {
    const columns = index + 1;
    const rows = Math.ceil(count / columns);
    return Math.min((width - gap * (columns - 1)) / columns, ((height - gap * (rows - 1)) / rows) * SHAPE);
  });
  return Math.max(SMALLEST, ...widths);
}

function layOut() {
  const stage = element('stage');
  const { clientWidth: width, clientHeight: height } = stage;
  const gap = Number.parseFloat(getComputedStyle(stage).columnGap) || 0;
  const large = largeTile();
  for (const tile of tiles.values()) {
    tile.figure.classList.toggle('large', tile === large);
    tile.pin.setAttribute('aria-pressed', String(tile === pinned));
  }
  const others = Math.max(1, tiles.size - (large ? 1 : 0));
  const strip = !large ? height : tiles.size > 1 ? Math.max(84, height * 0.2) : 0;
  const largest = tileWidth(1, width, height - strip - (strip > 0 ? gap : 0), gap);
  stage.style.setProperty('--large-width', `${Math.floor(Math.min(largest, width))}px`);
  stage.style.setProperty('--tile-width', `${Math.floor(tileWidth(others, width, strip, gap))}px`);
  tellLayout(large?.consumer);
}

let told;

/** What is large matters most when the connection is bad. One's own tiles need no connection. */
function tellLayout(consumer) {
  const onStage = consumer?.closed ? undefined : consumer;
  if (!call?.room.joined || told === onStage) return;
  told = onStage;
  if (onStage) call.room.setLayout('stage', { consumer: onStage });
  else call.room.setLayout('tiles');
}

new ResizeObserver(() => layOut()).observe(element('stage'));

/* The call. */

let call;

/** Everything of one stay in a room. */
function newCall(room, name) {
  return { room, name, mic: undefined, camera: undefined, screen: undefined, consumers: new Set() };
}

async function enter(name, roomId) {
  const url = new URL('/rooms', location.href);
  url.protocol = location.protocol.replace('http', 'ws');
  url.searchParams.set('room', roomId);
  const room = new Room(url);
  const entering = newCall(room, name);
  room.on('connectionstatechange', (state) => showState(entering, state));
  room.on('qualitychange', (quality) => showQuality(tileOf('person', name, { own: true }), quality));
  room.on('newpeer', (peer) => {
    announce(`${peer.name} has joined`);
    meet(entering, peer);
  });
  room.on('message', (data, { from, to }) => {
    if (typeof data === 'string') showMessage({ name: from?.name ?? 'The server', text: data, to });
  });
  room.on('close', (_, reason) => ended(entering, reason));
  const peers = await room.join(name);
  call = Object.assign(entering, {
    send: room.createTransport('send'),
    recv: room.createTransport('recv'),
  });
  showConference(roomId);
  for (const peer of peers) meet(call, peer);
}

function meet(current, peer) {
  const tile = tileOf('person', peer.name);
  showMuted(tile, true);
  showQuality(tile, peer.quality);
  peer.on('qualitychange', (quality) => showQuality(tile, quality));
  const addressee = new Option(`To ${peer.name}`, peer.name);
  element('say-to').add(addressee);
  peer.on('newconsumer', (consumer) => receive(current, consumer));
  peer.on('close', () => {
    announce(`${peer.name} has left`);
    addressee.remove();
    removeTile(tile);
  });
  for (const consumer of peer.consumers) receive(current, consumer);
}

async function receive(current, consumer) {
  const { name } = consumer.peer;
  if (!consumer.supported) return notice(`This browser cannot show what ${name} sends.`);
  current.consumers.add(consumer);
  consumer.on('close', () => current.consumers.delete(consumer));
  try {
    const track = await consumer.receive(current.recv);
    if (consumer.kind === 'audio') playSound(consumer, track);
    else showPicture(consumer);
  } catch (error) {
    if (!consumer.closed) notice(`What ${name} sends cannot be received: ${error.message}`);
  }
}

function playSound(consumer, track) {
  const { name } = consumer.peer;
  const audio = Object.assign(new Audio(), { autoplay: true, srcObject: new MediaStream([track]) });
  const tile = tileOf('person', name);
  tile.figure.append(audio);
  const update = () => showMuted(tile, consumer.closed || consumer.paused);
  consumer.on('pause', update).on('resume', update);
  consumer.on('close', () => {
    audio.remove();
    update();
  });
  update();
}

/** No more of it is sent than the tile can show. */
function showPicture(consumer) {
  const { name } = consumer.peer;
  const isScreen = consumer.appData?.source === 'screen';
  const tile = tileOf(isScreen ? 'screen' : 'person', name);
  tile.consumer = consumer;
  consumer.attach(tile.video);
  if (isScreen) announce(`${name} shares the screen`);
  consumer.on('close', () => {
    if (tile.consumer === consumer) tile.consumer = undefined;
    if (isScreen) removeTile(tile);
    else layOut();
  });
  layOut();
}

function showState({ room }, state) {
  const line = element('state');
  line.textContent = STATES[state];
  line.dataset.state = state;
  if (state === 'failed') {
    showGone('failed');
    room.leave();
  }
}

/* Own devices. */

/** One at a time for each button. */
function whileBusy(button, work) {
  return async () => {
    if (button.getAttribute('aria-busy') === 'true' || !call) return;
    button.setAttribute('aria-busy', 'true');
    try {
      await work(call);
    } finally {
      button.removeAttribute('aria-busy');
    }
  };
}

/** Sends a track; undefined, with words, if that is not possible. */
async function publish(current, device, open, options) {
  let track;
  try {
    track = await open();
    const producer = current.room.createProducer(track, options);
    producer.on('close', () => track.stop());
    producer.on('trackended', () => {
      notice(`The ${device} was stopped.`);
      producer.close();
    });
    await producer.send(current.send);
    return producer;
  } catch (error) {
    track?.stop();
    if (current === call) notice(deviceProblem(error, device));
    return undefined;
  }
}

async function openDevice(constraints) {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  return stream.getTracks()[0];
}

async function openScreen() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } });
  return stream.getVideoTracks()[0];
}

async function toggleMic(current) {
  const { mic } = current;
  if (!mic) {
    const options = { appData: { source: 'microphone' } };
    current.mic = await publish(current, 'microphone', () => openDevice({ audio: true }), options);
    current.mic?.on('close', () => {
      current.mic = undefined;
      showOwn(current);
    });
    if (current.mic) listen(current.mic.originalTrack);
  } else if (mic.locallyPaused) mic.resume();
  else mic.pause();
  showOwn(current);
}

async function toggleCamera(current) {
  if (current.camera) return current.camera.close();
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { max: 30 } };
  const options = { simulcast: true, appData: { source: 'camera' } };
  current.camera = await publish(current, 'camera', () => openDevice({ video }), options);
  current.camera?.on('close', () => {
    current.camera = undefined;
    showOwn(current);
  });
  return showOwn(current);
}

async function toggleScreen(current) {
  if (current.screen) {
    current.screen.close();
    return;
  }
  const options = { simulcast: true, screen: true, appData: { source: 'screen' } };
  current.screen = await publish(current, 'screen', openScreen, options);
  if (!current.screen) return;
  const tile = tileOf('screen', current.name, { own: true });
  showVideo(tile, current.screen.track);
  current.screen.on('close', () => {
    current.screen = undefined;
    removeTile(tile);
    showOwn(current);
  });
  showOwn(current);
}

function showOwn(current) {
  if (current !== call) return;
  const { mic, camera, screen } = current;
  const micOn = mic !== undefined && !mic.paused;
  const tile = tileOf('person', current.name, { own: true });
  showQuality(tile, current.room.quality ?? 'lost');
  if (tile.shown !== camera) showVideo(tile, camera?.track);
  tile.shown = camera;
  showMuted(tile, !micOn);
  showButton('mic', micOn, micOn ? 'icon-mic' : 'icon-mic-off');
  showButton('camera', camera !== undefined, camera ? 'icon-camera' : 'icon-camera-off');
  showButton('screen', screen !== undefined, 'icon-screen');
}

function showButton(id, on, icon) {
  const button = element(id);
  button.setAttribute('aria-pressed', String(on));
  button.querySelector('use').setAttribute('href', `#${icon}`);
}

/* Who is speaking. */

const SPEAKING = 0.02;
const LINGERS = 700;

let ear;

/** To one's own microphone, by WebAudio. */
function listen(track) {
  stopListening();
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 512 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  ear = { context, analyser, samples: new Float32Array(512) };
}

function stopListening() {
  ear?.context.close();
  ear = undefined;
}

function ownLevel({ mic }) {
  if (!mic || mic.paused || !ear) return 0;
  ear.analyser.getFloatTimeDomainData(ear.samples);
  return Math.sqrt(ear.samples.reduce((sum, sample) => sum + sample * sample, 0) / ear.samples.length);
}

/** Firefox may not tell the level with the source, but measures it. */
async function levelOf(consumer) {
  const [source] = consumer.rtpReceiver?.getSynchronizationSources() ?? [];
  if (source?.audioLevel !== undefined) return source.audioLevel;
  const stats = [...(await consumer.getStats()).values()];
  return stats.find(({ type }) => type === 'inbound-rtp')?.audioLevel ?? 0;
}

function showLevel(name, level) {
  const tile = tiles.get(`person ${name}`);
  if (!tile) return;
  if (level > SPEAKING) tile.spokeAt = performance.now();
  tile.figure.classList.toggle('speaking', performance.now() - (tile.spokeAt ?? -LINGERS) < LINGERS);
}

async function showSpeakers() {
  const current = call;
  if (!current) return;
  showLevel(current.name, ownLevel(current));
  for (const consumer of current.consumers) {
    if (consumer.kind === 'audio')
      showLevel(consumer.peer.name, consumer.paused ? 0 : await levelOf(consumer));
  }
}

setInterval(showSpeakers, 150);

/* Chat. */

let unread = 0;

/** `to`: whom it was for alone. */
function showMessage({ name, text, to, problem = false }) {
  const line = document.createElement('li');
  const from = Object.assign(document.createElement('span'), { className: 'from' });
  from.textContent = to === undefined ? `${name}: ` : `${name} to ${to}: `;
  line.append(from, text);
  line.classList.toggle('private', to !== undefined);
  line.classList.toggle('problem', problem);
  const messages = element('messages');
  messages.append(line);
  messages.scrollTop = messages.scrollHeight;
  if (element('chat').hidden) showUnread(unread + 1);
}

function showUnread(count) {
  unread = count;
  element('unread').hidden = count === 0;
  element('unread').textContent = String(count);
}

function showChat(show) {
  element('chat').hidden = !show;
  element('show-chat').setAttribute('aria-pressed', String(show));
  layOut();
  if (!show) return;
  showUnread(0);
  element('messages').scrollTop = element('messages').scrollHeight;
  element('say-text').focus();
}

async function say({ room, name }, text, to) {
  try {
    await room.send(text, to === undefined ? {} : { to });
    showMessage({ name, text, to });
  } catch (error) {
    const why = error.name === 'NotFoundError' ? `${to} is not here any more.` : error.message;
    showMessage({ name: 'Not sent', text: `${text} (${why})`, problem: true });
  }
}

element('show-chat').addEventListener('click', () => showChat(element('chat').hidden));

element('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = element('say-text').value.trim();
  if (!call || !text) return;
  say(call, text, element('say-to').value || undefined);
  element('say-text').value = '';
});

/* Statistics. */

const counted = new WeakMap();

/** Bits per second since this was last asked. */
function bitrate(holder, bytes) {
  const now = performance.now();
  const before = counted.get(holder);
  counted.set(holder, { bytes, now });
  return before ? Math.max(0, ((bytes - before.bytes) * 8000) / (now - before.now)) : 0;
}

async function measure(holder, type, who) {
  const all = [...(await holder.getStats()).values()].filter((each) => each.type === type);
  const sum = (field) => all.reduce((total, each) => total + (each[field] ?? 0), 0);
  const running = all.filter(({ active }) => active !== false);
  const best = running.reduce((a, b) => ((b.frameWidth ?? 0) > (a.frameWidth ?? 0) ? b : a), {});
  const bits = bitrate(holder, sum(type === 'inbound-rtp' ? 'bytesReceived' : 'bytesSent'));
  const size = best.frameWidth ? `${best.frameWidth}×${best.frameHeight}` : '';
  const rate = best.framesPerSecond ? `${Math.round(best.framesPerSecond)}/s` : '';
  const lost = type === 'inbound-rtp' ? String(sum('packetsLost')) : '';
  const what = holder.appData?.source ?? holder.kind;
  return [who, what, `${Math.round(bits / 1000)} kbit/s`, layerOf(holder), size, rate, lost];
}

/** Of what is received the profile that is sent; of one's own how many layers somebody wants. */
function layerOf(holder) {
  if (holder.kind === 'audio') return '';
  if (holder.rtpReceiver) return holder.hidden ? 'hidden' : holder.effectiveProfile;
  const encodings = holder.rtpSender?.getParameters().encodings ?? [];
  return `${encodings.filter(({ active }) => active !== false).length} of ${encodings.length}`;
}

async function roundTrip(transport) {
  const stats = [...(await transport.getStats()).values()];
  const times = stats.flatMap(({ type, currentRoundTripTime: time }) =>
    type === 'candidate-pair' && time > 0 ? [time] : [],
  );
  return times.length > 0 ? `${Math.round(Math.min(...times) * 1000)} ms` : '';
}

function tableRow(cells, tag) {
  const row = document.createElement('tr');
  for (const text of cells) row.append(Object.assign(document.createElement(tag), { textContent: text }));
  return row;
}

async function showStatistics() {
  const current = call;
  if (!current || element('stats').hidden) return;
  const own = current.room.producers.map((producer) => measure(producer, 'outbound-rtp', 'You'));
  const others = [...current.consumers].map((consumer) =>
    measure(consumer, 'inbound-rtp', consumer.peer.name),
  );
  const rows = await Promise.all([...own, ...others]);
  const time = await roundTrip(own.length > 0 ? current.send : current.recv);
  const table = document.createElement('table');
  const head = ['Who', 'What', 'Bitrate', 'Layer', 'Picture', 'Frames', 'Packets lost'];
  table.createTHead().append(tableRow(head, 'th'));
  table.createTBody().append(...rows.map((cells) => tableRow(cells, 'td')));
  table.createTFoot().append(tableRow(['Round trip', '', time, '', '', '', ''], 'td'));
  element('stats').replaceChildren(table);
}

setInterval(showStatistics, 1000);

/* Coming and going. */

function showConference(roomId) {
  element('entrance').hidden = true;
  element('conference').hidden = false;
  element('room-name').textContent = roomId;
  document.title = `${roomId} – Conference`;
  history.replaceState(null, '', `?room=${roomId}`);
  showState(call, call.room.connectionState);
  showOwn(call);
  element('mic').focus();
}

function showEntrance() {
  element('conference').hidden = true;
  element('entrance').hidden = false;
  document.title = 'Conference';
  element('name').focus();
}

function showGone(reason) {
  element('gone-why').textContent = GONE[reason];
  if (!element('gone').open) element('gone').showModal();
}

/** Everything of the call is closed. */
function ended(current, reason) {
  if (current !== call) return;
  call = undefined;
  told = undefined;
  stopListening();
  for (const tile of [...tiles.values()]) removeTile(tile);
  element('notice').hidden = true;
  showChat(false);
  showUnread(0);
  element('messages').replaceChildren();
  element('say-to').length = 1;
  for (const id of ['mic', 'camera', 'screen']) element(id).setAttribute('aria-pressed', 'false');
  if (reason !== 'left') showGone(reason);
  else if (!element('gone').open) showEntrance();
}

/** What was on, to be so again after joining again. */
const wanted = { mic: true, camera: true };

async function join() {
  const name = element('name').value.trim();
  const roomId = element('room').value.trim();
  try {
    await enter(name, roomId);
  } catch (error) {
    return joinProblem(error, name);
  }
  remember(name);
  element('gone').close();
  await Promise.all([wanted.mic && pressMic(), wanted.camera && pressCamera()]);
  return '';
}

function remember(name) {
  try {
    localStorage.setItem('name', name);
  } catch {
    // Without storage the name is asked for again.
  }
}

function rememberedName() {
  try {
    return localStorage.getItem('name') ?? '';
  } catch {
    return '';
  }
}

async function copyLink() {
  const label = element('copy-link').querySelector('span');
  try {
    await navigator.clipboard.writeText(location.href);
    label.textContent = 'Copied';
    announce('The link to this room was copied');
    setTimeout(() => {
      label.textContent = 'Copy link';
    }, 2000);
  } catch {
    notice(`The link to this room is ${location.href}`);
  }
}

const pressMic = whileBusy(element('mic'), toggleMic);
const pressCamera = whileBusy(element('camera'), toggleCamera);

element('mic').addEventListener('click', async () => {
  await pressMic();
  wanted.mic = element('mic').getAttribute('aria-pressed') === 'true';
});
element('camera').addEventListener('click', async () => {
  await pressCamera();
  wanted.camera = element('camera').getAttribute('aria-pressed') === 'true';
});
element('screen').addEventListener('click', whileBusy(element('screen'), toggleScreen));
element('screen').hidden = !navigator.mediaDevices?.getDisplayMedia;
element('leave').addEventListener('click', () => call?.room.leave());
element('copy-link').addEventListener('click', copyLink);

element('show-stats').addEventListener('click', ({ currentTarget }) => {
  const show = element('stats').hidden;
  element('stats').hidden = !show;
  currentTarget.setAttribute('aria-pressed', String(show));
  showStatistics();
});

element('join').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = event.submitter ?? event.currentTarget.querySelector('button');
  element('entrance-message').textContent = '';
  wanted.mic = element('with-mic').checked;
  wanted.camera = element('with-camera').checked;
  button.disabled = true;
  element('entrance-message').textContent = await join();
  button.disabled = false;
});

element('rejoin').addEventListener('click', async ({ currentTarget }) => {
  currentTarget.disabled = true;
  const problem = await join();
  currentTarget.disabled = false;
  if (problem) element('gone-why').textContent = problem;
});

element('to-entrance').addEventListener('click', () => element('gone').close());
element('gone').addEventListener('close', () => {
  if (!call) showEntrance();
});

element('name').value = rememberedName();
element('room').value = new URLSearchParams(location.search).get('room') ?? 'lobby';
if (!isDeviceSupported()) element('entrance-message').textContent = joinProblem({ name: 'UnsupportedError' });
