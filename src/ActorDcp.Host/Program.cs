Console.WriteLine("actordcp");
