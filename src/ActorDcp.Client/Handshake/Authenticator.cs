using System.Text;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Client;

/// <summary>Logs in (dcp-reference.md 2.3): the best mechanism that the node offers, PLAIN only over TLS or when told to.</summary>
internal sealed class Authenticator(FrameTransport transport, KvConnectionOptions options)
{
    private const string Plain = "PLAIN";

    // best first
    private static readonly string[] Preference = ["SCRAM-SHA512", "SCRAM-SHA256", "SCRAM-SHA1", Plain];

    /// <summary>Logs in; with a client certificate there is nothing to do.</summary>
    /// <exception cref="KvConfigurationException">User, password or mechanism are not accepted.</exception>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        if (options.Tls?.ClientCertificateFile is not null)
            return;
        if (options.Credentials is not { } credentials)
            throw new KvConfigurationException($"{transport.Endpoint} needs a user and a password, or a client certificate") { Setting = "User" };
        var mechanism = options.SaslMechanism?.ToUpperInvariant() ?? await ChooseAsync(cancellation).ConfigureAwait(false);
        if (mechanism == Plain)
            await LogInPlainAsync(credentials, cancellation).ConfigureAwait(false);
        else
            throw new KvConfigurationException($"{mechanism} is no mechanism that this client knows: {string.Join(", ", Preference)}") { Setting = "Auth" };
    }

    private async Task<string> ChooseAsync(CancellationToken cancellation)
    {
        var response = await transport.RequestAsync("the list of login mechanisms", BootstrapRequests.WriteSaslListMechs, cancellation).ConfigureAwait(false);
        if (!response.IsSuccess)
            throw StatusFault.Of("to list its login mechanisms", transport.Endpoint, response);
        var offered = Encoding.ASCII.GetString(response.Frame.Value).ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var usable = Preference.Where(name => name != Plain || options.Tls is not null);
        return usable.FirstOrDefault(offered.Contains)
            ?? throw new KvConfigurationException(
                $"{transport.Endpoint} offers only {string.Join(", ", offered)} to log in, and PLAIN would show the password to the network. Use TLS, or choose PLAIN explicitly")
            { Setting = "Auth" };
    }

    private async Task LogInPlainAsync(KvCredentials credentials, CancellationToken cancellation)
    {
        var message = Encoding.UTF8.GetBytes($"\0{credentials.User}\0{credentials.Password}");
        var response = await transport.RequestAsync(
            "the login", (output, opaque) => BootstrapRequests.WriteSaslAuth(output, opaque, Plain, message), cancellation).ConfigureAwait(false);
        RequireSuccess(response, credentials, Plain);
    }

    private void RequireSuccess(KvResponse response, KvCredentials credentials, string mechanism)
    {
        if (!response.IsSuccess)
            throw StatusFault.Of(
                $"the login of user '{credentials.User}' by {mechanism}", transport.Endpoint, response, "Password",
                "Check user and password, and that the user exists on this cluster");
    }
}
