import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { LanguageProvider } from './i18n/language.tsx';
import './style.css';

const page = document.getElementById('page');
if (page) {
  createRoot(page).render(
    <LanguageProvider>
      <App />
    </LanguageProvider>,
  );
}
