'use strict';
(function () {
  const config = JSON.parse(document.getElementById('config').textContent);
  if (config.setCredentialToken) {
    if (window.opener && window.opener.Package && window.opener.Package.oauth) {
      window.opener.Package.oauth.OAuth._handleCredentialSecret(config.credentialToken, config.credentialSecret);
    } else {
      localStorage.setItem(config.storagePrefix + config.credentialToken, config.credentialSecret);
    }
  }
  window.close();
})();
