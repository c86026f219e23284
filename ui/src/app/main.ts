import '$shared/styles/base.css';
import './begin/begin.css';
import { connect } from '$backend/index';
import { mount } from 'svelte';
import App from './App.svelte';
import { clicks, drawn } from './begin/first';
import { app } from './state/app.svelte';

// Not awaited at the top level: files that are loaded later may need something of this one, and would wait for it.
async function start(target: HTMLElement): Promise<void> {
  const { dataset } = document.documentElement;
  const begun = dataset.begin !== undefined;
  const passOn = clicks();
  if (begun) await drawn();
  await app.start(await connect());
  if (begun) dataset.began = '';
  mount(App, { target });
  // What was drawn before is over: the real one is there, in the same frame.
  document.getElementById('begin')?.remove();
  delete dataset.begin;
  passOn();
}

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
void start(target);
