using System.Net;
using System.Net.Sockets;

namespace ActorDcp.Processes;

/// <summary>
/// A port of loopback where nobody listens, below those that the system gives to connections of its own: it may be some time until
/// somebody listens there.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000;
    private const int End = 32_000;

    public static int Find()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, End);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // the next one
            }
        }
    }
}
