using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace ActorDcp.Client;

/// <summary>Makes the byte stream of a connection: name lookup (each time anew), TCP, and TLS where it is asked for.</summary>
internal static class Connector
{
    /// <exception cref="KvConnectionException">The node cannot be reached.</exception>
    /// <exception cref="KvConfigurationException">Its certificate is not accepted, or ours cannot be used.</exception>
    internal static async Task<Stream> ConnectAsync(KvConnectionOptions options, TimeProvider time, CancellationToken deadline)
    {
        using var identity = options.Tls is null ? null : TlsIdentity.Load(options.Tls);
        var plain = await ReachAsync(options, time, deadline).ConfigureAwait(false);
        return identity is null
            ? plain
            : await EncryptAsync(plain, options.Endpoint, options.Tls!, identity, deadline).ConfigureAwait(false);
    }

    /// <summary>TCP to the first of the host's addresses that answers. One that is silent takes only its share of the time.</summary>
    internal static async Task<NetworkStream> ReachAsync(KvConnectionOptions options, TimeProvider time, CancellationToken deadline)
    {
        var endpoint = options.Endpoint;
        var addresses = await ResolveAsync(options, deadline).ConfigureAwait(false);
        var failures = new List<string>();
        foreach (var address in addresses)
        {
            using var share = new CancellationTokenSource(options.ConnectTimeout / addresses.Length, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(share.Token, deadline);
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, endpoint.Port), either.Token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                deadline.ThrowIfCancellationRequested();
                var reason = exception is SocketException ? exception.Message : "no answer";
                failures.Add(addresses.Length == 1 ? reason : $"{reason} at {address}");
            }
        }
        throw new KvConnectionException($"{endpoint} cannot be reached: {string.Join("; ", failures)}");
    }

    private static async Task<IPAddress[]> ResolveAsync(KvConnectionOptions options, CancellationToken deadline)
    {
        try
        {
            var addresses = await options.Resolve(options.Endpoint.Host, deadline).ConfigureAwait(false);
            return addresses.Length > 0
                ? addresses
                : throw new KvConnectionException($"{options.Endpoint} cannot be reached: its name has no address");
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            throw new KvConnectionException($"{options.Endpoint} cannot be reached: {exception.Message}", exception);
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
