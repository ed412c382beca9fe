using System.Net;
using System.Net.Sockets;
using ActorDcp.Client;

namespace ActorDcp.Host.Doctor;

/// <summary>Whether a port can be reached at all, before anything is said.</summary>
internal static class Ports
{
    /// <summary>Connects and hangs up.</summary>
    /// <returns>The address that answered and the time that it took, or why none did.</returns>
    public static async Task<(string? Address, double Milliseconds, string Fault)> TryAsync(
        KvEndpoint endpoint, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        using var socket = new TcpClient();
        var begun = time.GetTimestamp();
        try
        {
            // looks the name up and tries each address
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, either.Token).ConfigureAwait(false);
            var reached = ((IPEndPoint)socket.Client.RemoteEndPoint!).Address;
            return ($"{(reached.IsIPv4MappedToIPv6 ? reached.MapToIPv4() : reached)}", time.GetElapsedTime(begun).TotalMilliseconds, "");
        }
        catch (SocketException e)
        {
            return (null, 0, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, 0, $"no answer within {patience.TotalSeconds:0.#} s");
        }
    }
}
