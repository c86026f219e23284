import '$shared/styles/base.css';
import { connect } from '$backend/index';
import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './state/app.svelte';

// Not awaited at the top level: files that are loaded later may need something of this one, and would wait for it.
async function start(target: HTMLElement): Promise<void> {
  await app.start(await connect());
  mount(App, { target });
}

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
void start(target);
