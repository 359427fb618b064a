import './workers';
import { createRoot } from 'react-dom/client';
import { Page } from './Page';
// GraphiQL's own `style.css` is these and its fonts, which are twice as large as all else; the system's will do.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';

const page = document.getElementById('page');
if (page) {
  createRoot(page).render(<Page />);
}
