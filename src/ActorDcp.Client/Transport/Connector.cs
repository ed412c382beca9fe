using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace ActorDcp.Client;

/// <summary>Makes the byte stream of a connection: name lookup (each time anew), TCP, and TLS where it is asked for.</summary>
internal static class Connector
{
    /// <exception cref="KvConnectionException">The node cannot be reached.</exception>
    /// <exception cref="KvConfigurationException">Its certificate is not accepted, or ours cannot be used.</exception>
    internal static async Task<Stream> ConnectAsync(KvConnectionOptions options, CancellationToken deadline)
    {
        var endpoint = options.Endpoint;
        using var identity = options.Tls is null ? null : TlsIdentity.Load(options.Tls);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, deadline).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return identity is null
                ? stream
                : await EncryptAsync(stream, endpoint, options.Tls!, identity, deadline).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new KvConnectionException($"{endpoint} cannot be reached: {exception.Message}", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(
        NetworkStream plain, KvEndpoint endpoint, KvTlsOptions options, TlsIdentity identity, CancellationToken deadline)
    {
        var encrypted = new SslStream(plain, leaveInnerStreamOpen: false);
        string? objection = null;
        try
        {
            var arguments = identity.ForClient(options.ServerName ?? endpoint.Host);
            arguments.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                objection = TlsIdentity.Describe(certificate, chain, errors);
                return errors == SslPolicyErrors.None;
            };
            await encrypted.AuthenticateAsClientAsync(arguments, deadline).ConfigureAwait(false);
            return encrypted;
        }
        catch (AuthenticationException exception)
        {
            await encrypted.DisposeAsync().ConfigureAwait(false);
            if (objection is not null)
                throw new KvConfigurationException(
                    $"the certificate of {endpoint} is not accepted: {objection}. Give the authority that signed it, or the name it was made for", exception)
                { Setting = "Tls" };
            throw new KvConfigurationException(
                $"{endpoint} does not agree on TLS: {exception.Message}. Is it the TLS port ({KvEndpoint.DefaultTlsPort} by default)?", exception)
            { Setting = "Tls" };
        }
        catch (IOException exception)
        {
            await encrypted.DisposeAsync().ConfigureAwait(false);
            throw new KvConnectionException($"{endpoint} broke off the TLS handshake: {exception.Message}", exception);
        }
    }
}
