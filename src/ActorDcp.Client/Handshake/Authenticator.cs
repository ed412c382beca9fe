using System.Text;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Client;

/// <summary>Logs in (dcp-reference.md 2.3): the best mechanism that the node offers, PLAIN only over TLS or when told to.</summary>
internal sealed class Authenticator(FrameTransport transport, KvConnectionOptions options)
{
    private const string Certificate = "client certificate";

    /// <summary>Logs in; with a client certificate there is nothing to do.</summary>
    /// <returns>How.</returns>
    /// <exception cref="KvConfigurationException">User, password or mechanism are not accepted.</exception>
    internal async Task<string> RunAsync(CancellationToken cancellation)
    {
        if (options.Tls?.ClientCertificateFile is not null)
            return Certificate;
        if (options.Credentials is not { } credentials)
            throw new KvConfigurationException($"{transport.Endpoint} needs a user and a password, or a client certificate") { Setting = "User" };
        var mechanism = options.SaslMechanism ?? await ChooseAsync(cancellation).ConfigureAwait(false);
        var sasl = Create(mechanism, credentials);
        await LogInAsync(sasl, credentials.User, cancellation).ConfigureAwait(false);
        return sasl.Name;
    }

    private static SaslClient Create(SaslMechanism mechanism, KvCredentials credentials)
    {
        var password = credentials.Password;
        try
        {
            return SaslClient.Create(mechanism, credentials.User, password);
        }
        catch (ArgumentException)
        {
            // the cause is left out: it may quote the password
            throw new KvConfigurationException($"user '{credentials.User}' or the password holds a character that cannot be used") { Setting = "Password" };
        }
    }

    private async Task<SaslMechanism> ChooseAsync(CancellationToken cancellation)
    {
        var response = await transport.RequestAsync("the list of login mechanisms", BootstrapRequests.WriteSaslListMechs, cancellation).ConfigureAwait(false);
        if (!response.IsSuccess)
            throw StatusFault.Of("to list its login mechanisms", transport.Endpoint, response);
        var offered = Encoding.ASCII.GetString(response.Frame.Value);
        return SaslMechanisms.Choose(offered, encrypted: options.Tls is not null)
            ?? throw new KvConfigurationException(
                $"{transport.Endpoint} offers no way to log in that keeps the password secret (only: {offered}). Use TLS, or choose PLAIN explicitly")
            { Setting = "Auth" };
    }

    private async Task LogInAsync(SaslClient sasl, string user, CancellationToken cancellation)
    {
        var message = sasl.Start();
        var response = await transport.RequestAsync(
            "the login", (output, opaque) => BootstrapRequests.WriteSaslAuth(output, opaque, sasl.Name, message), cancellation).ConfigureAwait(false);
        if (response.Status == Status.AuthContinue)
        {
            var answer = sasl.Respond(response.Frame.Value);
            response = await transport.RequestAsync(
                "the login", (output, opaque) => BootstrapRequests.WriteSaslStep(output, opaque, sasl.Name, answer), cancellation).ConfigureAwait(false);
        }
        if (!response.IsSuccess)
            throw StatusFault.Of(
                $"the login of user '{user}' by {sasl.Name}", transport.Endpoint, response, "Password",
                "Check user and password, and that the user exists on this cluster");
        sasl.Finish(response.Frame.Value);
    }
}
